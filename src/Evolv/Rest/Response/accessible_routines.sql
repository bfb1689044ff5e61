-- Functions of the schema $1 that the caller may execute and a request can call. Run as the caller: types are named as its
-- search path shows them. Of overloads, the one with the most parameters comes last.
with functions as (
    select p.*
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where
        n.nspname = $1
        and p.prokind = 'f'
        and p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype
        and pg_catalog.has_function_privilege(p.oid, 'execute')
),

-- Without names at all proargnames is null; among named ones an unnamed one is ''.
parameters as (
    select
        f.oid,
        pg_catalog.array_agg(coalesce(arg.name, '') order by arg.position) as names,
        pg_catalog.array_agg(pg_catalog.format_type(arg.type, null) order by arg.position) as types,
        case pg_catalog.count(*) filter (where arg.name is null)
            when 0 then true
            when 1 then pg_catalog.bool_and(
                arg.type in ('bytea'::regtype, 'json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'xml'::regtype))
            else false
        end as is_callable
    from functions f
    cross join unnest(f.proargnames, coalesce(f.proallargtypes, f.proargtypes::oid[]), f.proargmodes)
        with ordinality as arg (name, type, mode, position)
    where coalesce(arg.mode, 'i') in ('i', 'b', 'v') and arg.type is not null
    group by f.oid
)

select
    f.proname::text,
    pg_catalog.obj_description(f.oid, 'pg_proc'),
    f.provolatile::text,
    coalesce(a.names, '{}'),
    coalesce(a.types, '{}'),
    (f.pronargs - f.pronargdefaults)::int4 as required,
    f.provariadic <> 0 as has_variadic
from functions f
left join parameters a on a.oid = f.oid
where coalesce(a.is_callable, true)
order by f.proname, f.pronargs, f.oid
