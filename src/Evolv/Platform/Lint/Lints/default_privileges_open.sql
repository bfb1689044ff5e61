-- title: New objects are granted to API roles
-- level: WARN
-- category: SECURITY
-- description: Default privileges grant each new table, sequence or function to an API role before anybody has thought
--   about it.
-- remediation: alter default privileges in schema public revoke all on … from anon, authenticated.

-- Only of roles that whoever runs this can act for: the others are the hoster's.
select
    format('New %s of role `%s` in %s are granted to %s.', o.label, pg_get_userbyid(d.defaclrole),
        coalesce(format('schema `%s`', s.name), 'every schema'), string_agg(distinct format('`%s`', a.name), ', ')),
    jsonb_build_object(
        'schema', s.name, 'name', pg_get_userbyid(d.defaclrole), 'type', 'role', 'objects', o.label, 'roles', jsonb_agg(distinct a.name)),
    format('%s_%s_%s', coalesce(s.name, ''), pg_get_userbyid(d.defaclrole), o.label)
from pg_catalog.pg_default_acl d
join (values ('r', 'tables'), ('S', 'sequences'), ('f', 'functions')) o (type, label) on o.type = d.defaclobjtype::text
left join schemas s on s.oid = d.defaclnamespace
cross join lateral aclexplode(d.defaclacl) g
join api_roles a on case when g.grantee = 0 then true else pg_has_role(a.oid, g.grantee, 'member') end
where (s.exposed or d.defaclnamespace = 0)
    and pg_has_role(d.defaclrole, 'member')
group by s.name, d.defaclrole, o.label
