-- title: Trigger writes another table with the caller's rights
-- level: WARN
-- category: SECURITY
-- description: A trigger function that is not SECURITY DEFINER writes a table with row-level security: its policies
--   hide rows of other people from the write, which then does nothing, silently.
-- remediation: Make the trigger function security definer with set search_path = ''.

select
    format(
        'Trigger `%s` of `%s.%s` writes `%s.%s` with the rights of the caller, from whom its policies hide rows; '
        'make the function `%s.%s` SECURITY DEFINER.',
        t.tgname, r.schema, r.name, w.schema, w.name, f.schema, f.name),
    jsonb_build_object(
        'schema', r.schema, 'name', r.name, 'type', 'table', 'trigger', t.tgname,
        'function', f.schema || '.' || f.name, 'writes', w.schema || '.' || w.name),
    format('%s_%s_%s_%s', r.schema, r.name, t.tgname, w.name)
from pg_catalog.pg_trigger t
join relations r on r.oid = t.tgrelid
join routines f on f.oid = t.tgfoid and not f.security_definer
join relations w on w.is_table and w.has_rls and w.oid <> r.oid
    -- With its schema or without, quoted or not. Backslashes, because a name may hold what means something in a pattern.
    and f.body ~ format(
        '\m(insert\s+into|update(\s+only)?|delete\s+from(\s+only)?|merge\s+into)\s+("?%s"?\.)?"?%s"?(\s|;|\(|$)',
        regexp_replace(lower(w.schema), '(\W)', '\\\1', 'g'), regexp_replace(lower(w.name), '(\W)', '\\\1', 'g'))
where not t.tgisinternal
    -- Where only trusted roles write, the trigger runs with their rights.
    and exists (
        select
        from api_roles a
        where has_any_column_privilege(a.oid, r.oid, 'INSERT, UPDATE') or has_table_privilege(a.oid, r.oid, 'DELETE'))
