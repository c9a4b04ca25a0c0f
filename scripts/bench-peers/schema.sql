-- What a meal writes, as rows of one PostgreSQL server: the voucher, the caterer's account, and both sides of a journal.
-- The budget line's own balance is left out: one row that every meal writes would only slow this side down.
create table voucher (
    id bigint primary key,
    programme int not null,
    holder bytea not null,
    place int not null,
    valid_until timestamptz not null,
    money_left bigint not null check (money_left >= 0),
    uses int not null default 0,
    last_day date
) with (fillfactor = 70);
create table account (
    id bigint primary key,
    balance bigint not null
) with (fillfactor = 50);
create table journal (
    line bigserial primary key,
    voucher bigint not null,
    debit bigint not null,
    credit bigint not null,
    amount bigint not null,
    signature bytea not null,
    chain bytea not null,
    at timestamptz not null default now()
);
create sequence next_voucher;

insert into account select number, 0 from generate_series(1, 2000) number;
insert into voucher (id, programme, holder, place, valid_until, money_left)
select number, 2, sha256(number::text::bytea), 40, now() + interval '250 days', 15300000
from generate_series(1, :vouchers) number;

-- One meal: yes or no, as the contract judges it.
create function redeem(which bigint, caterer bigint, price bigint, signed bytea) returns boolean
language plpgsql as $$
begin
    update voucher set money_left = money_left - price, uses = uses + 1, last_day = current_date
    where id = which and money_left >= price and price <= 100000 and valid_until > now()
        and (last_day is null or last_day < current_date);
    if not found then
        return false;
    end if;
    update account set balance = balance + price where id = caterer;
    insert into journal (voucher, debit, credit, amount, signature, chain)
    values (which, 0, caterer, price, signed, sha256(signed)), (which, caterer, 0, -price, signed, sha256(signed));
    return true;
end $$;
vacuum analyze;
