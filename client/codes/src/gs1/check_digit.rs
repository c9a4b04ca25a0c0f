//! GS1's check digit and check character pair.

/// The check digit that belongs after these digits: weights 3 and 1 from the right, filled up to a multiple of ten.
pub fn check_digit(digits: &[u8]) -> u8 {
    let weighted: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            u32::from(digit.wrapping_sub(b'0')) * if place % 2 == 0 { 3 } else { 1 }
        })
        .sum();
    u8::try_from((10 - weighted % 10) % 10).expect("a remainder of ten") + b'0'
}

const CSET_32: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const CSET_82: &[u8; 82] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// The check character pair of a Global Model Number (GS1 General Specifications 7.9.5): the values of the
/// characters, weighted from the right with the primes, modulo 1021, written as two characters of set 32.
/// Nothing if a character is outside set 82.
pub fn check_pair(text: &[u8]) -> Option<[u8; 2]> {
    let mut sum = 0;
    for (symbol, prime) in text.iter().rev().zip(primes()) {
        let value = CSET_82.iter().position(|member| member == symbol)?;
        sum += value * prime;
    }
    let remainder = sum % 1021;
    Some([CSET_32[remainder / 32], CSET_32[remainder % 32]])
}

fn primes() -> impl Iterator<Item = usize> {
    (2..).filter(|&number: &usize| {
        (2..number)
            .take_while(|divisor| divisor * divisor <= number)
            .all(|d| number % d != 0)
    })
}
