-- What /realtime/v1 takes from the database, with the names and shapes of Supabase Realtime: which tables are published,
-- messages that SQL sends, and who may join a private channel. The owner may lack rights on hosted Supabase, which brings all
-- of it: what is there already stays.
create schema if not exists realtime;
grant usage on schema realtime to anon, authenticated, service_role;

-- messages -------------------------------------------------------------------------------------------------------------

-- A row inserted here is delivered to its topic. Policies on this table say who may join a private channel (select) and send
-- to it (insert); there are none here, which closes all of them. Times are UTC, whatever time zone a session has chosen.
create table if not exists realtime.messages (
    topic          text not null,
    extension      text not null,
    payload        jsonb,
    event          text,
    private        boolean default false,
    updated_at     timestamp not null default (now() at time zone 'utc'),
    inserted_at    timestamp not null default (now() at time zone 'utc'),
    id             uuid not null default gen_random_uuid(),
    binary_payload bytea,
    primary key (id, inserted_at)
) partition by range (inserted_at);

-- What a private channel replays: its latest messages.
create index if not exists messages_topic_inserted_at_idx on realtime.messages (topic, inserted_at desc)
    where extension = 'broadcast' and private;

alter table realtime.messages enable row level security;

-- As on hosted Supabase: without a policy these grants give nothing, and policies of a project need no grants of their own.
grant select, insert, update on realtime.messages to anon, authenticated, service_role;

-- For a day without a partition of its own: no insert fails because nobody made one.
create table if not exists realtime.messages_default partition of realtime.messages default;
alter table realtime.messages_default enable row level security;

-- A partition for each of the next days, and none for days whose messages are older than 72 hours. The server calls it now
-- and then; any number of servers may. Waits for nobody for long, because those who send wait behind it.
create or replace function realtime.upkeep()
    returns void
    language plpgsql
    security definer
    set search_path = ''
    set lock_timeout = '1s'
as $$
declare
    today constant date := now() at time zone 'utc';
    day date;
    partition text;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('realtime.upkeep', 0)) then
        return; -- another server is at it
    end if;

    for day in select today + ahead from generate_series(0, 3) ahead loop
        partition := 'messages_' || to_char(day, 'YYYY_MM_DD');
        continue when to_regclass('realtime.' || partition) is not null;
        begin
            execute format(
                'create table realtime.%I partition of realtime.messages for values from (%L) to (%L)', partition, day, day + 1);
            -- Whoever asks a partition by its own name meets neither policy nor grant.
            execute format('alter table realtime.%I enable row level security', partition);
        exception
            when check_violation then null; -- messages of this day are in the default partition already and stay there
        end;
    end loop;

    for partition in
        select c.relname
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'realtime.messages'::regclass
            and c.relname ~ '^messages_\d{4}_\d{2}_\d{2}$'
            and to_date(right(c.relname, 10), 'YYYY_MM_DD') < today - 3
    loop
        execute format('drop table realtime.%I', partition);
    end loop;

    delete from realtime.messages_default where inserted_at < (now() at time zone 'utc') - interval '72 hours';
end
$$;

grant execute on function realtime.upkeep to service_role;

-- Sending from SQL -----------------------------------------------------------------------------------------------------

-- The topic that is asked about, for policies on realtime.messages.
create or replace function realtime.topic()
    returns text
    language sql
    stable
    set search_path = ''
as $$
    select nullif(current_setting('realtime.topic', true), '')
$$;

-- Inserts one message with the rights of who calls: definer triggers and the service may send to every topic, a person where
-- a policy for insert lets them. Nothing that goes wrong here fails the transaction that wanted to tell of itself.
create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true)
    returns void
    language plpgsql
    set search_path = ''
as $$
declare
    message_id constant uuid := gen_random_uuid();
    topic_before constant text := current_setting('realtime.topic', true);
begin
    if jsonb_typeof(payload) = 'object' and not payload ? 'id' then
        payload := payload || jsonb_build_object('id', message_id);
    end if;
    perform set_config('realtime.topic', topic, true); -- policies ask for it
    insert into realtime.messages (id, topic, extension, event, payload, private)
    values (message_id, topic, 'broadcast', event, payload, private);
    perform set_config('realtime.topic', topic_before, true);
exception
    when others then
        raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
end
$$;

-- The same for bytes.
create or replace function realtime.send_binary(payload bytea, event text, topic text, private boolean default true)
    returns void
    language plpgsql
    set search_path = ''
as $$
declare
    topic_before constant text := current_setting('realtime.topic', true);
begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (topic, extension, event, binary_payload, private)
    values (topic, 'broadcast', event, payload, private);
    perform set_config('realtime.topic', topic_before, true);
exception
    when others then
        raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
end
$$;

-- For triggers: sends the row before and after.
create or replace function realtime.broadcast_changes(
    topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record,
    level text default 'ROW')
    returns void
    language plpgsql
    set search_path = ''
as $$
begin
    if level = 'STATEMENT' then
        raise exception 'function can only be triggered for each row, not for each statement';
    end if;
    if operation not in ('INSERT', 'UPDATE', 'DELETE') then
        raise exception 'Unexpected operation type: %', operation;
    end if;
    perform realtime.send(
        jsonb_build_object('old_record', old, 'record', new, 'operation', operation, 'table', table_name, 'schema', table_schema),
        event_name, topic_name);
end
$$;

-- Granted as on hosted Supabase, because a trigger that is no definer calls them as the person who writes: without EXECUTE that
-- write would fail. They give nothing: the insert is subject to the policies, and /rest/v1 does not serve this schema.
grant execute on function realtime.topic, realtime.send, realtime.send_binary, realtime.broadcast_changes
    to anon, authenticated, service_role;

-- Private channels -----------------------------------------------------------------------------------------------------

-- What the policies of realtime.messages let somebody do on a topic. The server asks it as service_role, in one round trip:
-- messages are inserted for a try, the role looks which it can read and tries to insert its own, and all of it is undone, the
-- role and the settings too. A policy that raises lets nobody do anything. One that takes long is ended by the
-- statement_timeout of authenticator, as every statement is; that error is not caught here.
create or replace function realtime.authorize(
    topic text, role text, claims text, sub text, headers text,
    out broadcast_read boolean, out presence_read boolean, out broadcast_write boolean, out presence_write boolean, out error text)
    language plpgsql
    set search_path = ''
as $$
declare
    broadcast_probe constant uuid := gen_random_uuid();
    presence_probe constant uuid := gen_random_uuid();
    probed_at constant timestamp := now() at time zone 'utc';
    asked_all boolean := false;
begin
    broadcast_write := false;
    presence_write := false;
    -- Nothing of it stays, so nobody needs to wait for the disk.
    perform set_config('synchronous_commit', 'off', true);
    begin
        insert into realtime.messages (id, topic, extension, private, inserted_at)
        values (broadcast_probe, topic, 'broadcast', true, probed_at), (presence_probe, topic, 'presence', true, probed_at);

        perform
            set_config('search_path', 'public, extensions', true), -- functions in policies expect it
            set_config('realtime.topic', topic, true),
            set_config('request.jwt.claims', coalesce(claims, ''), true),
            set_config('request.jwt.claim.sub', coalesce(sub, ''), true),
            set_config('request.jwt.claim.role', role, true),
            set_config('request.headers', coalesce(headers, ''), true);
        perform set_config('role', role, true);

        -- By the whole primary key: policies are asked about these two and no other message.
        select coalesce(bool_or(m.id = broadcast_probe), false), coalesce(bool_or(m.id = presence_probe), false)
        into broadcast_read, presence_read
        from realtime.messages m
        where m.id in (broadcast_probe, presence_probe) and m.inserted_at = probed_at;

        begin
            insert into realtime.messages (topic, extension, private) values (topic, 'broadcast', true);
            broadcast_write := true;
        exception
            when insufficient_privilege then null;
        end;
        begin
            insert into realtime.messages (topic, extension, private) values (topic, 'presence', true);
            presence_write := true;
        exception
            when insufficient_privilege then null;
        end;

        asked_all := true;
        raise exception 'undo';
    exception
        when others then
            if not asked_all then
                broadcast_read := false;
                presence_read := false;
                broadcast_write := false;
                presence_write := false;
                error := sqlerrm;
            end if;
    end;
end
$$;

grant execute on function realtime.authorize to service_role;

-- Publications ---------------------------------------------------------------------------------------------------------

-- What the change stream reads: tables that migrations add to the first, and the messages above.
do $$
begin
    if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
        create publication supabase_realtime;
    end if;
    if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime_messages_publication') then
        create publication supabase_realtime_messages_publication for table realtime.messages
            with (publish = 'insert', publish_via_partition_root = true);
    end if;
exception
    when insufficient_privilege then
        raise notice 'Nothing is published: the owner may not create publications in this database.';
end
$$;

select realtime.upkeep();
