-- title: Table in the GraphQL schema of signed-in users
-- level: WARN
-- category: SECURITY
-- description: pg_graphql shows each table that the role authenticated may read, by name and column, to signed-in
--   users.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0027_pg_graphql_authenticated_table_exposed

-- graphql.resolve is what the extension pg_graphql answers with.
select
    format('%s `%s.%s` is in the GraphQL schema of `authenticated`.', initcap(t.label), r.schema, r.name),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', t.label),
    format('%s_%s', r.schema, r.name)
from relations r
join api_roles a on a.name = 'authenticated' and has_any_column_privilege(a.oid, r.oid, 'SELECT')
cross join lateral (
    select case r.kind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end
) t (label)
where r.exposed
    and exists (
        select from pg_catalog.pg_proc f where f.proname = 'resolve' and f.pronamespace = to_regnamespace('graphql'))
