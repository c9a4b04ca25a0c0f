;; A tool of other tests: schedules its input at the time in its first eight bytes; keeps what it is woken with.
;; execute: applied
(module
  (import "senim1" "put" (func $put (param i32 i32 i32 i32)))
  (import "senim1" "schedule" (func $schedule (param i64 i32 i32)))
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (if (i32.eq (local.get $entry) (i32.const 4))
      (then
        (call $put (local.get $input) (local.get $length) (local.get $input) (local.get $length)))
      (else
        (call $schedule (i64.load offset=1 (local.get $input)) (local.get $input) (local.get $length))))
    (i64.const 5))
  ;; An empty success: the variant, then a length of 0.
  (data (i32.const 0) "\01\00\00\00\00"))
