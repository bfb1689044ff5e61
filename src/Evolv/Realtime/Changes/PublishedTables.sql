-- A published table as a role may see it: a row for each column. $1 role, $2 schema, $3 table; null for any.
select
    n.nspname,
    c.relname,
    a.attname,
    t.typname,
    quote_ident(tn.nspname) || '.' || quote_ident(t.typname),
    base.typname,
    coalesce(element.typname, ''),
    coalesce(array_position(k.conkey, a.attnum), 0),
    has_column_privilege(r.oid, c.oid, a.attnum, 'select') and has_schema_privilege(r.oid, n.oid, 'usage'),
    coalesce(co.collisdeterministic, true),
    base.typtype = 'e',
    -- What to_jsonb makes of composites, of vectors and of what an extension casts to json is not to be seen in the text.
    coalesce(element.typtype, base.typtype) = 'c'
        or base.typname in ('int2vector', 'oidvector')
        or coalesce(element.oid, base.oid) >= 16384 and exists (
            select
            from pg_catalog.pg_cast
            where castsource = coalesce(element.oid, base.oid) and casttarget = 'json'::regtype and castmethod = 'f'
        ),
    case when a.attcollation <> t.typcollation then ' collate ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) else '' end,
    c.relrowsecurity,
    r.rolbypassrls or r.rolsuper
from pg_catalog.pg_publication_tables p
join pg_catalog.pg_namespace n on n.nspname = p.schemaname
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname = any (p.attnames)
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
join pg_catalog.pg_roles r on r.rolname = $1
cross join lateral (
    -- Below a domain there may be another one.
    with recursive chain as (
        select x.oid, x.typname, x.typtype, x.typbasetype, x.typelem, x.typsubscript from pg_catalog.pg_type x where x.oid = a.atttypid
        union all
        select x.oid, x.typname, x.typtype, x.typbasetype, x.typelem, x.typsubscript
        from chain
        join pg_catalog.pg_type x on x.oid = chain.typbasetype
    )
    select * from chain where typtype <> 'd'
) base
left join lateral (
    with recursive chain as (
        select x.oid, x.typname, x.typtype, x.typbasetype
        from pg_catalog.pg_type x
        where x.oid = base.typelem and base.typsubscript = 'pg_catalog.array_subscript_handler'::regproc
        union all
        select x.oid, x.typname, x.typtype, x.typbasetype
        from chain
        join pg_catalog.pg_type x on x.oid = chain.typbasetype
    )
    select * from chain where typtype <> 'd'
) element on true
left join pg_catalog.pg_collation co on co.oid = nullif(a.attcollation, 0)
left join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
left join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
where p.pubname = 'supabase_realtime'
    and ($2 is null or p.schemaname = $2)
    and ($3 is null or p.tablename = $3)
order by n.nspname, c.relname, a.attnum
