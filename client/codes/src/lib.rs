//! What is printed and scanned: GS1 element strings, DataMatrix, QR, national identifiers
