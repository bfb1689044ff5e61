-- title: Ranking by a nullable column in descending order
-- level: WARN
-- category: PERFORMANCE
-- description: DESC puts nulls first: who has nothing ranks before everybody, and the index in the expected order is
--   not used.
-- remediation: Write desc nulls last, or coalesce the column.

-- Looks into views, at the columns that a window orders by. A column is nullable when its table says so, or when an outer
-- join stands between.
with windows as (
    select v.oid, v.schema, v.name, v.kind, d.text as definition, o.part[1] as ordering
    from relations v
    cross join lateral (select pg_catalog.pg_get_viewdef(v.oid) as text) d
    -- What stands between the parentheses of OVER (…) or WINDOW w AS (…), with up to two more levels of them inside.
    cross join lateral regexp_matches(
        d.text,
        '(?:OVER|AS) \(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*ORDER BY(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)', 'g') o (part)
    where v.kind in ('v', 'm')
),
terms as (
    select w.*, t.part[1] as alias, t.part[2] as column_name
    from windows w
    cross join lateral regexp_matches(
        w.ordering, '(?:ORDER BY|,)\s+(?:([a-z_][a-z0-9_]*)\.)?([a-z_][a-z0-9_]*) DESC(?! NULLS LAST)', 'g') t (part)
)
select distinct
    format('View `%s.%s` ranks by `%s` desc, which can be null; nulls come first.',
        t.schema, t.name, concat_ws('.', t.alias, t.column_name)),
    jsonb_build_object(
        'schema', t.schema, 'name', t.name, 'type', case t.kind when 'm' then 'materialized view' else 'view' end,
        'column', t.column_name),
    format('%s_%s_%s', t.schema, t.name, t.column_name)
from terms t
where t.definition ~ '\m(RIGHT|FULL) JOIN\M'
    or t.definition ~ format('\mLEFT JOIN \(*(LATERAL )?(\S+ |\([^)]*\) )?(\w+\.)?%s ON\M', t.alias)
    or exists (
        select
        from pg_catalog.pg_rewrite w
        join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
        join columns c on d.refclassid = 'pg_catalog.pg_class'::regclass and c.relation = d.refobjid and c.number = d.refobjsubid
        where w.ev_class = t.oid and d.refobjid <> t.oid and c.name = t.column_name and not c.not_null)
