\set caterer random(1, 2000)
with drawn as (select nextval('next_voucher') as id from generate_series(1, :at_once)),
used as (
    update voucher set money_left = money_left - 90000, uses = uses + 1, last_day = current_date
    from drawn where voucher.id = drawn.id and money_left >= 90000 and valid_until > now()
        and (last_day is null or last_day < current_date)
    returning voucher.id
),
paid as (update account set balance = balance + (select count(*) * 90000 from used) where id = :caterer)
insert into journal (voucher, debit, credit, amount, signature, chain)
select id, side.debit, side.credit, side.amount, decode(repeat('5a', 64), 'hex'), sha256(decode(repeat('5a', 64), 'hex'))
from used, (values (0::bigint, :caterer::bigint, 90000::bigint), (:caterer, 0, -90000)) as side (debit, credit, amount);
