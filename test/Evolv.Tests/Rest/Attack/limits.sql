-- What takes long, is large, or nests.

create schema api;
grant usage on schema api to anon, authenticated, service_role;

create table api.things (id uuid primary key default gen_random_uuid(), name text not null default '', data jsonb, parent uuid references api.things);
insert into api.things (id, name) values ('00000000-0000-0000-0000-000000000001', 'one');

create function api.nap(seconds float) returns text language plpgsql as $$ begin perform pg_sleep(seconds); return 'rested'; end $$;
create function api.impatient_nap() returns text language plpgsql set statement_timeout = '100ms' as $$ begin perform pg_sleep(10); return 'rested'; end $$;
create function api.long_text(megabytes int) returns text language sql stable as $$ select repeat('x', megabytes * 1000000) $$;

create function api.remember(what text) returns text stable language sql as $$ select set_config('limits.memory', what, false) $$;
create function api.remembered() returns text stable language sql as $$ select nullif(current_setting('limits.memory', true), '') $$;

grant all on api.things to anon, authenticated, service_role;
grant execute on all functions in schema api to anon, authenticated, service_role;
