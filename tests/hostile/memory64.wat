;; Has a memory of 64 bits.
;; deploy: BAD_MODULE
(module
  (memory (export "memory") i64 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (i64.const 5)))
