;; Two functions recurse through the table, with frames as large as they may be.
;; execute: trapped STACK_LIMIT
(module
  (type $step (func (param i64) (result i64)))
  (table 2 funcref)
  (elem (i32.const 0) $ping $pong)
  (func $ping (type $step) (local i64 i64 i64 i64 i64 i64 i64 i64)
    (call_indirect (type $step) (i64.add (local.get 0) (i64.const 1)) (i32.const 1)))
  (func $pong (type $step)
    (call_indirect (type $step) (i64.mul (local.get 0) (i64.const 3)) (i32.const 0)))
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (drop (call_indirect (type $step) (i64.const 1) (i32.const 0)))
    (i64.const 5))
  ;; An empty success: the variant, then a length of 0.
  (data (i32.const 0) "\01\00\00\00\00"))
