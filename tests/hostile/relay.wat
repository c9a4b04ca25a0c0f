;; A tool of other tests: calls the contract that the second byte names with the rest of the input, down to a single byte.
;; Called with zeros alone it calls the ledger, which contracts cannot.
;; execute: trapped CONTRACT_UNKNOWN
(module
  (import "senim1" "call" (func $call (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (if (i32.gt_u (local.get $length) (i32.const 1))
      (then (drop (call $call
        (i32.load8_u offset=1 (local.get $input))
        (i32.add (local.get $input) (i32.const 1))
        (i32.sub (local.get $length) (i32.const 1))))))
    (i64.const 5))
  ;; An empty success: the variant, then a length of 0.
  (data (i32.const 0) "\01\00\00\00\00"))
