-- Functions of the exposed schemas ($1) that can be called by name or with one unnamed argument.
with recursive
domains (oid, base) as (
    select t.oid, t.typbasetype
    from pg_type t
    where t.typtype = 'd'

    union all
    select d.oid, t.typbasetype
    from domains d
    join pg_type t on t.oid = d.base
    where t.typtype = 'd'
),

base_types as (
    select d.oid, t.oid as base
    from domains d
    join pg_type t on t.oid = d.base
    where t.typtype <> 'd'
),

functions as (
    select p.*, n.nspname
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where p.prokind = 'f' and n.nspname = any ($1::text[])
),

-- Without names at all proargnames is null; among named ones an unnamed one is ''.
inputs as (
    select
        f.oid,
        arg.name,
        arg.type,
        coalesce(arg.mode, 'i') as mode,
        row_number() over (partition by f.oid order by arg.position) as position
    from functions f
    cross join unnest(f.proargnames, coalesce(f.proallargtypes, f.proargtypes::oid[]), f.proargmodes)
        with ordinality as arg (name, type, mode, position)
    where coalesce(arg.mode, 'i') in ('i', 'b', 'v') and arg.type is not null
),

parameters as (
    select
        f.oid,
        array_agg(coalesce(i.name, '') order by i.position) as names,
        array_agg(i.type::regtype::text order by i.position) as types,
        -- These cut or pad what is longer or shorter than they are declared, and without a length that is one character.
        array_agg(
            case i.type
                when 'bit'::regtype then 'bit varying'
                when 'bit[]'::regtype then 'bit varying[]'
                when 'character'::regtype then 'character varying'
                when 'character[]'::regtype then 'character varying[]'
                else i.type::regtype::text
            end
            order by i.position) as types_of_any_length,
        array_agg(i.position <= f.pronargs - f.pronargdefaults order by i.position) as required,
        array_agg(i.mode = 'v' order by i.position) as variadic,
        case count(*) filter (where i.name is null)
            when 0 then true
            when 1 then bool_and(i.type in ('bytea'::regtype, 'json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'xml'::regtype))
            else false
        end as is_callable
    from functions f
    join inputs i on i.oid = f.oid
    group by f.oid
)

select
    f.nspname::text,
    f.proname::text,
    d.description,
    coalesce(a.names, '{}') as names,
    coalesce(a.types, '{}') as types,
    coalesce(a.types_of_any_length, '{}') as types_of_any_length,
    coalesce(a.required, '{}') as required,
    coalesce(a.variadic, '{}') as variadic,
    tn.nspname::text as return_schema,
    coalesce(tc.relname, t.typname)::text as return_name,
    f.proretset,
    t.typtype = 'c' or coalesce(f.proargmodes::text[] && '{t,b,o}', false) as returns_composite,
    t.oid <> f.prorettype as returns_alias,
    f.provolatile::text,
    f.provariadic <> 0 as has_variadic,
    coalesce(f.proconfig, '{}') as settings
from functions f
left join parameters a on a.oid = f.oid
left join base_types b on b.oid = f.prorettype
join pg_type t on t.oid = coalesce(b.base, f.prorettype)
join pg_namespace tn on tn.oid = t.typnamespace
left join pg_class tc on tc.oid = t.typrelid
left join pg_description d on d.classoid = 'pg_proc'::regclass and d.objoid = f.oid
where t.oid <> 'trigger'::regtype and coalesce(a.is_callable, true)
