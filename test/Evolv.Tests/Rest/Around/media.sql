create schema api;
grant usage on schema api to anon, authenticated, service_role;

create table api.items (id int primary key, name text not null, price numeric);
insert into api.items values (1, 'one', 1.5), (2, 'two', null);
create table api.pictures (id int primary key, bytes bytea not null);
insert into api.pictures values (1, '\x00ff10');

create domain "text/html" as text;
create domain "text/plain" as text;
create domain "text/xml" as xml;
create domain "application/octet-stream" as bytea;
create domain "text/x-list" as text;
create domain "application/vnd.count" as text;
create domain "Image/X-Dot" as bytea;
create domain "*/*" as bytea;

-- Functions that make the body by themselves.
create function api.page(name text default 'you') returns "text/html" stable language sql as $$ select '<p>Hello, ' || name || ' — ü</p>' $$;
create function api.plain() returns "text/plain" stable language sql as $$ select E'a,"b"\n' $$;
create function api.nothing_plain() returns "text/plain" stable language sql as $$ select null::text $$;
create function api.marked() returns "text/xml" stable language sql as $$ select '<a b="1">ü</a>'::xml $$;
create function api.bytes() returns "application/octet-stream" stable language sql as $$ select '\x00ff10'::bytea $$;
create function api.dot() returns "Image/X-Dot" stable language sql as $$ select '\x01'::bytea $$;
create function api.any_type() returns "*/*" language plpgsql as $$
begin
    perform set_config('response.headers', json_build_array(json_build_object(
        'Content-Type', current_setting('request.headers', true)::json ->> 'accept'))::text, true);
    return 'body'::bytea;
end
$$;

-- Aggregates: over the rows of one table, and over any rows.
create function api.list_step(state "text/x-list", item api.items) returns "text/x-list" immutable language sql
    as $$ select coalesce(state || ';', '') || item.name $$;
create aggregate api.list(api.items) (sfunc = api.list_step, stype = "text/x-list");

create function api.count_step(state "application/vnd.count", item anyelement) returns "application/vnd.count" immutable language sql
    as $$ select (coalesce(state, '0')::int + 1)::text $$;
create aggregate api.count_all(anyelement) (sfunc = api.count_step, stype = "application/vnd.count", initcond = '0');

create function api.picture_step(state "application/octet-stream", picture api.pictures) returns "application/octet-stream" immutable language sql
    as $$ select coalesce(state, '') || picture.bytes $$;
create aggregate api.picture_bytes(api.pictures) (sfunc = api.picture_step, stype = "application/octet-stream");

create function api.some_items() returns setof api.items stable language sql as 'select * from api.items where id = 2';

grant all on all tables in schema api to anon, authenticated;
grant execute on all functions in schema api to anon, authenticated;
