;; Calls another contract until the instances run out.
;; execute: trapped CALL_LIMIT
(module
  (import "senim1" "call" (func $call (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (loop $again (drop (call $call (i32.const 20) (local.get $input) (i32.const 1))) (br $again))
    (unreachable))
  ;; An empty success: the variant, then a length of 0.
  (data (i32.const 0) "\01\00\00\00\00"))
