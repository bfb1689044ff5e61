-- title: Foreign key to a unique constraint of the auth schema
-- level: ERROR
-- category: SECURITY
-- description: The foreign key needs a unique constraint of a table that belongs to the auth service, which may change
--   it with its next version.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0021_fkey_to_auth_unique

select
    format('Foreign key `%s` of table `%s.%s` needs the unique index `%s` of `auth.%s`; reference its primary key.',
        k.conname, r.schema, r.name, x.relname, t.relname),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'table', 'fkey_name', k.conname, 'referenced', 'auth.' || t.relname),
    format('%s_%s_%s', r.schema, r.name, k.conname)
from pg_catalog.pg_constraint k
join relations r on r.oid = k.conrelid
join pg_catalog.pg_class t on t.oid = k.confrelid and t.relnamespace = to_regnamespace('auth')
join pg_catalog.pg_index i on i.indexrelid = k.conindid and not i.indisprimary
join pg_catalog.pg_class x on x.oid = i.indexrelid
where k.contype = 'f'
