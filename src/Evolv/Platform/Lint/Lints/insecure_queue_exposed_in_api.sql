-- title: Queue exposed without row-level security
-- level: ERROR
-- category: SECURITY
-- description: A queue of pgmq can be reached over the API, and its table has no row-level security.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0019_insecure_queue_exposed_in_api

-- The schema pgmq_public is the door that makes queues callable; its functions act with the rights of the caller.
select
    format('Queue `%s` can be reached by %s, and its table `pgmq.%s` has no row-level security.',
        substr(q.relname, 3), string_agg(format('`%s`', a.name), ', ' order by a.name), q.relname),
    jsonb_build_object('schema', 'pgmq', 'name', q.relname, 'type', 'table', 'roles', jsonb_agg(a.name order by a.name)),
    format('pgmq_%s', q.relname)
from pg_catalog.pg_class q
join api_roles a on has_any_column_privilege(a.oid, q.oid, 'SELECT, INSERT, UPDATE') or has_table_privilege(a.oid, q.oid, 'DELETE')
where q.relnamespace = to_regnamespace('pgmq')
    and to_regnamespace('pgmq_public') is not null
    and q.relname ~ '^q_'
    and q.relkind in ('r', 'p')
    and not q.relrowsecurity
group by q.relname
