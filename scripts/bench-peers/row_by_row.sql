\set caterer random(1, 2000)
select redeem(nextval('next_voucher'), :caterer, 90000, decode(repeat('5a', 64), 'hex'));
