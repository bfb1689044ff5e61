-- title: Extension in an exposed schema
-- level: WARN
-- category: SECURITY
-- description: The functions and tables of the extension are exposed together with the schema in which it is installed.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0014_extension_in_public

select
    format('Extension `%s` is installed in schema `%s`; move it to another one.', e.extname, s.name),
    jsonb_build_object('schema', s.name, 'name', e.extname, 'type', 'extension'),
    e.extname
from pg_catalog.pg_extension e
join schemas s on s.oid = e.extnamespace
where s.exposed
