-- Functions of all kinds.
create schema api;
grant usage on schema api to anon, authenticated, service_role;

create table api.shelves (id int primary key, name text not null);
insert into api.shelves values (1, 'Novels'), (2, 'Atlases');
create table api.books (id int primary key, title text not null, shelf_id int references api.shelves, pages int);
insert into api.books values (1, 'Dune', 1, 412), (2, 'Emma', 1, 160), (3, 'World', 2, 90), (4, 'Loose', null, null);
create table api.counters (name text primary key, value int not null default 0);
create type api.size as enum ('small', 'large');
create type api.point as (x int, y int);

-- Arguments ------------------------------------------------------------------------------------------------------------

create function api.add(a int, b int default 10) returns int immutable language sql as 'select a + b';
create function api.greet(name text, greeting text default null) returns text immutable language sql
    as $$ select coalesce(greeting, 'Hello') || ', ' || coalesce(name, 'you') $$;
create function api.total(numbers int[]) returns bigint immutable language sql as 'select sum(n) from unnest(numbers) n';
create function api.join_words(variadic words text[]) returns text immutable language sql as $$ select array_to_string(words, '-') $$;
create function api.join_more(glue text, variadic words text[] default '{}') returns text immutable language sql as $$ select array_to_string(words, glue) $$;
create function api.resize(to_size api.size) returns api.size immutable language sql as 'select to_size';
create function api.mirror(point api.point) returns api.point immutable language sql as 'select (point.y, point.x)::api.point';
create function api.echo(document json) returns json immutable language sql as 'select document';
create function api.odd("the arg" int, "Ünder" text default '') returns text immutable language sql as $$ select "the arg" || "Ünder" $$;
create function api.now_is() returns text immutable language sql as $$ select 'noon' $$;

create function api.whole(json) returns json immutable language sql as 'select $1';
create function api.whole_b(jsonb) returns jsonb immutable language sql as 'select $1';
create function api.shout(text) returns text immutable language sql as 'select upper($1)';
create function api.measure(bytea) returns int immutable language sql as 'select octet_length($1)';
create function api.mark(xml) returns text immutable language sql as 'select xmlserialize(content $1 as text)';

-- Overloads ------------------------------------------------------------------------------------------------------------

create function api.pick(a int) returns text immutable language sql as $$ select 'a' $$;
create function api.pick(a int, b int default 1) returns text immutable language sql as $$ select 'a and b' $$;
create function api.pick(c text) returns text immutable language sql as $$ select 'c' $$;
create function api.pick() returns text immutable language sql as $$ select 'none' $$;
create function api.same(value int) returns text immutable language sql as $$ select 'int' $$;
create function api.same(value text) returns text immutable language sql as $$ select 'text' $$;
create function api.either(json) returns text immutable language sql as $$ select 'json' $$;
create function api.either(jsonb) returns text immutable language sql as $$ select 'jsonb' $$;
create function api.by_type(json) returns text immutable language sql as $$ select 'json' $$;
create function api.by_type(text) returns text immutable language sql as $$ select 'text' $$;
create function api.by_type(a int) returns text immutable language sql as $$ select 'a' $$;
create procedure api.no_function() language sql as 'select 1';

-- Results --------------------------------------------------------------------------------------------------------------

create function api.nothing() returns void language sql as '';
create function api.no_text() returns text stable language sql as 'select null::text';
create function api.some_json() returns json stable language sql as $$ select '{"b":1,"a":[true,null]}'::json $$;
create function api.count_to(n int) returns setof int stable language sql as 'select generate_series(1, n)';
create function api.first_book() returns api.books stable language sql as 'select * from api.books where id = 1';
create function api.no_book() returns api.books stable language sql as 'select * from api.books where false';
create function api.books_of(shelf int) returns setof api.books stable language sql as 'select * from api.books where shelf_id = shelf order by id';
create function api.all_books() returns setof api.books stable language sql as 'select * from api.books order by id';
create function api.pairs() returns table (number int, word text) stable language sql as $$ values (1, 'one'), (2, 'two'), (3, null) $$;
create function api.column_of_one() returns table (word text) stable language sql as $$ values ('one'), ('two') $$;
create function api.two_out(out low int, out high int) stable language sql as 'select 1, 9';
create function api.one_out(out low int) stable language sql as 'select 1';
create function api.in_and_out(inout value int, in more int default 1) stable language sql as 'select value + more';
create function api.numbers() returns int[] stable language sql as $$ select '{1,2}'::int[] $$;
create function api.loose() returns record stable language sql as $$ select 1 as a, 'x'::text as b $$;
create function api.book_title(api.books) returns text stable language sql as $$ select '<' || $1.title || '>' $$;

-- Transactions ---------------------------------------------------------------------------------------------------------

create function api.bump(counter text) returns int language sql security definer as $$
    insert into api.counters values (counter, 1) on conflict (name) do update set value = counters.value + 1 returning value
$$;
create function api.bump_stably(counter text) returns int stable language sql as 'select api.bump(counter)';
create function api.bump_all(counters text[]) returns setof int language sql as 'select api.bump(c) from unnest(counters) c';
create function api.bump_and_fail(counter text) returns int language plpgsql as $$
begin
    perform api.bump(counter);
    raise exception 'Counter % is broken.', counter using detail = 'It turned.', hint = 'Stop it.';
end
$$;
create function api.isolation() returns text language sql as $$ select current_setting('transaction_isolation') $$;
create function api.isolation_serializable() returns text language sql set default_transaction_isolation = 'serializable'
    as $$ select current_setting('transaction_isolation') $$;
create function api.isolation_repeatable() returns text stable language sql set default_transaction_isolation = 'repeatable read'
    as $$ select current_setting('transaction_isolation') $$;
create function api.read_only() returns text language sql as $$ select current_setting('transaction_read_only') $$;
create function api.read_only_stable() returns text stable language sql as $$ select current_setting('transaction_read_only') $$;
create function api.hasty() returns void language sql set statement_timeout = '30ms' as 'select pg_sleep(20)';
create function api.patient() returns text language sql set statement_timeout = '7s' as $$ select current_setting('statement_timeout') $$;
create function api.zone_inside() returns text stable language sql set timezone = 'Asia/Tokyo' as $$ select current_setting('timezone') $$;

-- Errors ---------------------------------------------------------------------------------------------------------------

create function api.raise(state text, message text, detail text default null, hint text default null) returns void language plpgsql as $$
begin
    if detail is null then
        raise exception using errcode = state, message = message, hint = coalesce(hint, '');
    else
        raise exception using errcode = state, message = message, detail = detail, hint = coalesce(hint, '');
    end if;
end
$$;
create function api.divide(a int, b int) returns int immutable language sql as 'select a / b';
create function api.lost() returns int language plpgsql as $$ begin return api.does_not_exist(1); end $$;
create function api.lost_table() returns int language plpgsql as $$ begin return (select 1 from api.does_not_exist); end $$;
create function api.kept() returns int immutable language sql as 'select 1';

grant select on all tables in schema api to anon, authenticated;
grant execute on all functions in schema api to anon, authenticated;
revoke execute on function api.kept() from anon, authenticated;
