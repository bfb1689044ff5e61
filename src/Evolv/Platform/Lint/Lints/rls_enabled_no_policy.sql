-- title: Row-level security enabled, no policy
-- level: INFO
-- category: SECURITY
-- description: Row-level security is on and there is no policy, so that nobody but the owner sees a row.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0008_rls_enabled_no_policy

-- Outside the exposed schemas, a table that no API role may touch anyway is closed twice on purpose.
select
    format('Table `%s.%s` has row-level security enabled, but no policy.', r.schema, r.name),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'table'),
    format('%s_%s', r.schema, r.name)
from relations r
where r.is_table
    and r.has_rls
    and not exists (select from policies p where p.relation = r.oid)
    and (r.exposed or exists (
        select
        from api_roles a
        where has_any_column_privilege(a.oid, r.oid, 'SELECT, INSERT, UPDATE') or has_table_privilege(a.oid, r.oid, 'DELETE')))
