;; Every operator of control, variables and calls.
;; execute: applied
(module
  (memory (export "memory") 1)
  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "alloc") (param $length i32) (result i32) (i32.const 1024))
  (type $unary (func (param i32) (result i32)))
  (table 1 funcref)
  (elem (i32.const 0) $twice)
  (global $g (mut i64) (i64.const 0))
  (func $twice (type $unary) (return (i32.mul (local.get 0) (i32.const 2))))
  (func $down (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $down (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 0))))
  (func (export "call") (param $entry i32) (param $input i32) (param $length i32) (result i64)
    (local $n i32)
    (block $out (loop $again
      (br_if $out (i32.ge_u (local.get $n) (i32.const 100)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (global.set $g (i64.add (global.get $g) (i64.const 1)))
      (br $again)))
    (block $c (block $b (block $a
      (br_table $a $b $c (i32.const 1)))))
    (if (i32.const 0) (then (nop)) (else (nop)))
    (drop (select (i32.const 1) (i32.const 2) (local.tee $n (i32.const 0))))
    (drop (call $twice (i32.const 4)))
    (drop (call_indirect (type $unary) (i32.const 4) (i32.const 0)))
    (drop (call $down (i32.const 50)))
    (i64.const 5))
  ;; An empty success: the variant, then a length of 0.
  (data (i32.const 0) "\01\00\00\00\00"))
