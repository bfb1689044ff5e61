create schema api;
create schema other;
create schema hooks;
grant usage on schema api, other, hooks to anon, authenticated, service_role;

create table api.items (id int primary key, name text not null, made timestamptz not null default '2024-01-01 12:00:00+00');
insert into api.items values (1, 'one'), (2, 'two');
create table api.kept (id int primary key);
create table other.things (id int primary key);
insert into other.things values (7);
comment on schema other is E'Other things\n\nof all kinds';
comment on table api.items is 'What there is.';

-- What SQL knows of the request.
create function api.claims() returns json stable language sql as $$ select current_setting('request.jwt.claims', true)::json $$;
create function api.setting(name text) returns text stable language sql as $$ select current_setting(name, true) $$;
create function api.header(name text) returns text stable language sql as $$ select current_setting('request.headers', true)::json ->> name $$;
create function api.who() returns json stable language sql
    as $$ select json_build_object('role', current_user, 'uid', auth.uid(), 'claim', auth.role()) $$;
create function other.who() returns text stable language sql as $$ select 'other' $$;
create function hooks.doubled(n int) returns int immutable language sql as 'select 2 * n';
create function api.quadrupled(n int) returns int immutable language plpgsql as 'begin return doubled(doubled(n)); end';
create view api.zone as select current_setting('timezone') as name;

-- What SQL says of the answer.
create function api.respond(headers text default null, status text default null) returns text language sql as $$
    select set_config('response.headers', headers, true) where headers is not null;
    select set_config('response.status', status, true) where status is not null;
    select 'said'
$$;
create function api.respond_stably(status text) returns text stable language sql as $$ select set_config('response.status', status, true); select 'said' $$;
create function api.respond_to_write() returns trigger language plpgsql as $$
begin
    perform set_config('response.status', '202', true), set_config('response.headers', '[{"X-Written": "yes"}]', true);
    return new;
end
$$;
create table api.queue (id int primary key);
create trigger queue before insert on api.queue for each row execute function api.respond_to_write();

-- What happens before.
create table hooks.calls (path text);
create function hooks.check() returns void language plpgsql as $$
declare
    hook text := current_setting('request.headers', true)::json ->> 'x-hook';
begin
    case hook
        when 'refuse' then
            raise sqlstate 'PT403' using message = 'Not today', hint = 'Come tomorrow.';
        when 'headers' then
            perform set_config('response.headers', '[{"X-Hook": "was here"}, {"Set-Cookie": "a=1"}, {"Set-Cookie": "b=2"}]', true);
        when 'status' then
            perform set_config('response.status', '299', true);
        when 'become' then
            perform set_config('role', 'service_role', true);
        when 'claims' then
            perform set_config('request.jwt.claims', '{"role":"anon","from":"hook"}', true);
        else
    end case;
end
$$;

grant select on api.items, api.zone, other.things to anon, authenticated, service_role;
grant insert on api.items to anon;
grant all on api.queue to anon;
grant select on api.kept to service_role;
grant execute on all functions in schema api, other, hooks to anon, authenticated, service_role;
