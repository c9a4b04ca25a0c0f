;; Refuses with a detail of 300 bytes; 256 of them are kept.
;; execute: refused NOT_AUTHORISED
(module
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (i32.store16 (i32.const 1) (i32.const 3001))
    (i32.store (i32.const 3) (i32.const 300))
    (i64.const 307)))
