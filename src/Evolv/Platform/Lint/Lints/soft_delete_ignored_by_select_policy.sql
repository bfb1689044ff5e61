-- title: SELECT policy ignores deleted_at
-- level: WARN
-- category: SECURITY
-- description: Rows are deleted by setting deleted_at, but a SELECT policy does not look at it: what was deleted stays
--   readable.
-- remediation: Add deleted_at is null to the policy, or a restrictive policy that says so for all of them.

select
    format('Policy `%s` shows rows of `%s.%s` whatever their deleted_at says.', p.name, p.schema, p.table_name),
    jsonb_build_object('schema', p.schema, 'name', p.table_name, 'type', 'table', 'policy', p.name),
    format('%s_%s_%s', p.schema, p.table_name, p.name)
from policies p
where p.exposed
    and p.has_rls
    and p.permissive
    and p.command in ('SELECT', 'ALL')
    and exists (select from applied_policies a where a.oid = p.oid)
    and exists (select from columns c where c.relation = p.relation and c.name = 'deleted_at')
    and p.using_text !~ '\mdeleted_at\M'
    and not exists (
        select
        from policies r
        where r.relation = p.relation and not r.permissive and r.command in ('SELECT', 'ALL') and r.using_text ~ '\mdeleted_at\M')
