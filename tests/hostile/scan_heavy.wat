;; Writes sixteen large entries and scans for all: the page stays within 32 KiB, or this divides by zero.
;; execute: applied
(module
  (import "senim1" "put" (func $put (param i32 i32 i32 i32)))
  (import "senim1" "scan" (func $scan (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (local $n i32)
    (loop $again
      (i32.store16 (i32.const 64) (i32.or (i32.shl (local.get $n) (i32.const 8)) (i32.const 9)))
      (call $put (i32.const 64) (i32.const 2) (i32.const 0) (i32.const 16000))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 16))))
    (drop (i32.div_u (i32.const 1) (i32.le_u
      (call $scan (i32.const 64) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64))
      (i32.const 32768))))
    (i64.const 5))
  ;; An empty success: the variant, then a length of 0.
  (data (i32.const 0) "\01\00\00\00\00"))
