-- The catalog as one JSON document for the TypeScript types of the schemas in $1. Other schemas are in it without their name,
-- because views may show their columns. What belongs to an extension is left out.
with
relations as (
    select c.oid, c.relname, c.relkind, case when n.nspname = any ($1) then n.nspname end as schema
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm')
        and n.nspname not in ('pg_catalog', 'information_schema')
        and n.nspname not like 'pg\_toast%'
        and n.nspname not like 'pg\_temp%'
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
)
select json_build_object(
    'schemas', (
        select coalesce(json_agg(n.nspname), '[]') from pg_namespace n where n.nspname = any ($1)
    ),
    'relations', (
        select coalesce(json_agg(json_build_object(
            'id', r.oid::bigint,
            'name', r.relname,
            'schema', r.schema,
            'is_view', r.relkind in ('v', 'm'),
            'is_updatable', pg_relation_is_updatable(r.oid, false) & 12 = 12,
            'rule', (
                select w.ev_action::text
                from pg_rewrite w
                where w.ev_class = r.oid and w.ev_type = '1' and r.relkind in ('v', 'm')
            ),
            'columns', (
                select coalesce(json_agg(json_build_object(
                    'position', a.attnum,
                    'name', a.attname,
                    'type', a.atttypid::bigint,
                    'is_not_null', a.attnotnull,
                    'has_default', a.atthasdef or a.attidentity <> '',
                    'is_never_written', a.attgenerated <> '' or a.attidentity = 'a'
                        or r.relkind in ('v', 'm') and not pg_column_is_updatable(r.oid, a.attnum, false),
                    -- Where clients may write some columns, the server fills the others.
                    'is_filled_by_server', coalesce(
                        has_any_column_privilege(to_regrole('authenticated')::oid, r.oid, 'insert')
                            and not has_column_privilege(to_regrole('authenticated')::oid, r.oid, a.attnum, 'insert'),
                        false))), '[]')
                from pg_attribute a
                where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
            ))), '[]')
        from relations r
    ),
    'foreign_keys', (
        select coalesce(json_agg(json_build_object(
            'name', k.conname,
            'source', k.conrelid::bigint,
            'source_columns', k.conkey,
            'target', k.confrelid::bigint,
            'target_columns', k.confkey,
            -- The same set of columns is unique: there is one row at most.
            'is_one_to_one', exists (
                select
                from pg_constraint u
                where u.conrelid = k.conrelid and u.contype in ('p', 'u') and u.conkey @> k.conkey and u.conkey <@ k.conkey
            ))), '[]')
        from pg_constraint k
        where k.contype = 'f' and k.conparentid = 0
    ),
    'functions', (
        select coalesce(json_agg(json_build_object(
            'schema', n.nspname,
            'name', p.proname,
            'signature', pg_get_function_identity_arguments(p.oid),
            'returns', p.prorettype::bigint,
            'returns_set', p.proretset,
            'arguments', (
                select coalesce(json_agg(json_build_object(
                    'name', coalesce(p.proargnames[i], ''),
                    'type', coalesce(p.proallargtypes[i], p.proargtypes[i - 1])::bigint,
                    'mode', mode,
                    'is_optional', inputs > p.pronargs - p.pronargdefaults) order by i), '[]')
                from (
                    select i, mode, count(*) filter (where mode in ('i', 'b', 'v')) over (order by i) as inputs
                    from (
                        select i, coalesce(p.proargmodes[i], 'i') as mode
                        from generate_series(1, coalesce(cardinality(p.proallargtypes), p.pronargs)) i
                    ) modes
                ) arguments
            ))), '[]')
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = any ($1)
            and p.prokind = 'f'
            and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
            and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    ),
    'types', (
        select json_agg(json_build_object(
            'id', t.oid::bigint,
            'name', t.typname,
            'schema', case when n.nspname = any ($1) then n.nspname end,
            'kind', case
                when t.typcategory = 'A' and t.typelem <> 0 then 'array'
                when t.typtype = 'd' then 'domain'
                when t.typtype = 'e' then 'enum'
                when t.typtype = 'c' and c.relkind = 'c' then 'composite'
                when t.typtype = 'c' then 'relation'
                else 'base'
            end,
            'inner', coalesce(nullif(t.typelem, 0), nullif(t.typbasetype, 0), 0)::bigint,
            'relation', t.typrelid::bigint,
            'labels', (
                select coalesce(json_agg(e.enumlabel order by e.enumsortorder), '[]') from pg_enum e where e.enumtypid = t.oid
            ),
            'attributes', (
                select coalesce(json_agg(json_build_object('name', a.attname, 'type', a.atttypid::bigint)), '[]')
                from pg_attribute a
                where c.relkind = 'c' and a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            )))
        from pg_type t
        join pg_namespace n on n.oid = t.typnamespace
        left join pg_class c on c.oid = t.typrelid
        where t.typnamespace <> 'pg_toast'::regnamespace
    ))
