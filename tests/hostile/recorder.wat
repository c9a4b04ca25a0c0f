;; A tool of other tests: keeps the input of each entry under the entry's number and emits it; refuses the input 0xff, traps on 0xfe.
;; execute: applied
(module
  (import "senim1" "put" (func $put (param i32 i32 i32 i32)))
  (import "senim1" "emit" (func $emit (param i32 i32 i32 i32)))
  (data (i32.const 32) "\00\b9\0b\00\00\00\00")
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (if (i32.eq (i32.load8_u (local.get $input)) (i32.const 0xfe)) (then (unreachable)))
    (i32.store8 (i32.const 64) (local.get $entry))
    (call $put (i32.const 64) (i32.const 1) (local.get $input) (local.get $length))
    (call $emit (local.get $entry) (i32.const 1) (local.get $input) (local.get $length))
    (if (i32.eq (i32.load8_u (local.get $input)) (i32.const 0xff)) (then (return (i64.const 0x2000000007))))
    (i64.const 5))
  ;; An empty success: the variant, then a length of 0.
  (data (i32.const 0) "\01\00\00\00\00"))
