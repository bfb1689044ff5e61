-- title: Exposed auth.users
-- level: ERROR
-- category: SECURITY
-- description: A view in an exposed schema hands rows of auth.users to the roles anon or authenticated, which may not
--   read that table.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0002_auth_users_exposed

-- Follows views of views. A view with security_invoker asks for the caller's own rights and exposes nothing, unless the
-- role may read auth.users itself and no policy is in the way.
with recursive reading (view, source) as (
    select view, source from view_sources
    union
    select r.view, s.source from reading r join view_sources s on s.view = r.source
)
select
    format('View `%s.%s` shows rows of `auth.users` to %s.', v.schema, v.name, string_agg('`' || a.name || '`', ', ' order by a.name)),
    jsonb_build_object(
        'schema', v.schema, 'name', v.name, 'type', case v.kind when 'm' then 'materialized view' else 'view' end,
        'exposed_to', jsonb_agg(a.name order by a.name)),
    format('%s_%s', v.schema, v.name)
from relations v
join api_roles a on has_any_column_privilege(a.oid, v.oid, 'SELECT')
join pg_catalog.pg_class u on u.oid = to_regclass('auth.users')
where v.exposed
    and v.kind in ('v', 'm')
    and exists (select from reading r where r.view = v.oid and r.source = u.oid)
    and (v.kind = 'm' or not v.security_invoker or (has_any_column_privilege(a.oid, u.oid, 'SELECT') and not u.relrowsecurity))
group by v.schema, v.name, v.kind
