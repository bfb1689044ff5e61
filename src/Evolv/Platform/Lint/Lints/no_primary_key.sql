-- title: No primary key
-- level: INFO
-- category: PERFORMANCE
-- description: A table without a primary key has no name for its rows: updates and replication must compare whole rows,
--   and realtime refuses it.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0004_no_primary_key

select
    format('Table `%s.%s` has no primary key.', r.schema, r.name),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'table'),
    format('%s_%s', r.schema, r.name)
from relations r
where r.is_table
    and not exists (select from pg_catalog.pg_constraint k where k.conrelid = r.oid and k.contype = 'p')
