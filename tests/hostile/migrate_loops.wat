;; Loops for ever when it is upgraded to, and works otherwise.
;; execute: applied
(module
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (if (i32.eq (local.get $entry) (i32.const 3)) (then (loop $again (br $again))))
    (i64.const 5))
  ;; An empty success: the variant, then a length of 0.
  (data (i32.const 0) "\01\00\00\00\00"))
