-- title: TRUNCATE, REFERENCES or TRIGGER granted to an API role
-- level: WARN
-- category: SECURITY
-- description: Row-level security does not guard TRUNCATE, and no client needs REFERENCES, TRIGGER or MAINTAIN.
-- remediation: Grant SELECT, INSERT, UPDATE and DELETE by name instead of ALL, and revoke the others.

-- From the list of grants, not with has_table_privilege: that refuses to be asked for MAINTAIN before PostgreSQL 17.
select
    format('%s on `%s.%s` is granted to %s.', string_agg(distinct g.privilege_type, ', '), r.schema, r.name,
        string_agg(distinct format('`%s`', a.name), ', ')),
    jsonb_build_object(
        'schema', r.schema, 'name', r.name, 'type', 'table',
        'privileges', jsonb_agg(distinct g.privilege_type), 'roles', jsonb_agg(distinct a.name)),
    format('%s_%s', r.schema, r.name)
from relations r
cross join lateral aclexplode(r.acl) g
join api_roles a on case when g.grantee = 0 then true else pg_has_role(a.oid, g.grantee, 'member') end
where r.kind in ('r', 'p', 'f')
    and g.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')
group by r.schema, r.name
