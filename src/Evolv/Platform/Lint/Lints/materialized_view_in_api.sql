-- title: Materialized view in the API
-- level: WARN
-- category: SECURITY
-- description: A materialized view has no row-level security; a role that may read it reads all of it.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0016_materialized_view_in_api

select
    format('Materialized view `%s.%s` can be read by %s.', r.schema, r.name, string_agg(format('`%s`', a.name), ', ' order by a.name)),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'materialized view', 'roles', jsonb_agg(a.name order by a.name)),
    format('%s_%s', r.schema, r.name)
from relations r
join api_roles a on has_any_column_privilege(a.oid, r.oid, 'SELECT')
where r.exposed and r.kind = 'm'
group by r.schema, r.name
