;; Returns as much as a call may.
;; execute: applied
(module
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (i32.store8 (i32.const 0) (i32.const 1))
    (i32.store (i32.const 1) (i32.const 4096))
    (i64.const 4101)))
