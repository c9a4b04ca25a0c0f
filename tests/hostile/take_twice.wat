;; Takes a result twice.
;; execute: trapped HOST_ARGUMENT
(module
  (import "senim1" "scan" (func $scan (param i32 i32 i32 i32 i32) (result i32)))
  (import "senim1" "take" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (drop (call $scan (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 1)))
    (drop (call $take (i32.const 64) (i32.const 64)))
    (drop (call $take (i32.const 64) (i32.const 64)))
    (i64.const 5))
  ;; An empty success: the variant, then a length of 0.
  (data (i32.const 0) "\01\00\00\00\00"))
