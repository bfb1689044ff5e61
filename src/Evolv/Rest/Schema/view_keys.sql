-- Which columns of the views of the exposed schemas ($1) show keys of tables, directly or through other views of these
-- schemas or of the extra search path ($2). One row for each column of a key; keys that are shown in part are left out.
with recursive
views as (
    select
        c.oid,
        n.nspname = any ($1::text[]) as is_exposed,
        -- A backslash escapes the next character. Without escaped braces, those that are left open and close nodes.
        replace(replace(replace(r.ev_action::text, E'\\\\', ''), E'\\{', ''), E'\\}', '') as tree
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_rewrite r on r.ev_class = c.oid and r.ev_type = '1'
    where c.relkind in ('v', 'm') and n.nspname = any ($1::text[] || $2::text[])
),

-- The tree is text: ({QUERY … :targetList ({TARGETENTRY :expr {…} :resno 1 … :resorigtbl 16384 :resorigcol 1 …} …) …}).
-- Cut at the closing braces, a piece starts with ":resno" where a target entry ends, since its expression has closed just
-- before. Entries of subqueries look the same and lie deeper: of the query itself are those with two nodes open.
shown as (
    select
        v.oid as view,
        v.is_exposed,
        substring(p.piece from '^ :resno ([0-9]+) ')::int as view_column,
        substring(p.piece from ' :resorigtbl ([0-9]+) ')::oid as origin,
        substring(p.piece from ' :resorigcol ([0-9]+) ')::int as origin_column
    from views v
    cross join lateral (
        select
            piece,
            sum(length(piece) - length(replace(piece, '{', ''))) over (order by position) - (position - 1) as open
        from unnest(string_to_array(v.tree, '}')) with ordinality as cut (piece, position)
    ) p
    where p.piece like ' :resno %' and p.open = 2
),

followed (view, view_column, origin, origin_column) as (
    select view, view_column, origin, origin_column
    from shown
    where is_exposed and origin <> 0

    union
    select f.view, f.view_column, s.origin, s.origin_column
    from followed f
    join shown s on s.view = f.origin and s.view_column = f.origin_column
    where s.origin <> 0
),

-- A view may show a column more than once.
columns as (
    select f.view, f.origin, f.origin_column, array_agg(a.attname::text order by f.view_column) as names
    from followed f
    join pg_attribute a on a.attrelid = f.view and a.attnum = f.view_column
    group by f.view, f.origin, f.origin_column
),

key_columns as (
    select k.oid, k.contype::text as kind, k.conrelid as relation, key.attnum, key.position, cardinality(k.conkey) as size
    from pg_constraint k
    cross join unnest(k.conkey) with ordinality as key (attnum, position)
    where k.contype in ('p', 'f')

    union all
    select k.oid, 'f_ref', k.confrelid, key.attnum, key.position, cardinality(k.confkey)
    from pg_constraint k
    cross join unnest(k.confkey) with ordinality as key (attnum, position)
    where k.contype = 'f'
),

found as (
    select
        c.view,
        k.oid,
        k.kind,
        k.relation,
        k.position,
        c.names,
        k.size,
        count(*) over (partition by c.view, k.oid, k.kind) as present
    from columns c
    join key_columns k on k.relation = c.origin and k.attnum = c.origin_column
)

select vn.nspname::text, vc.relname::text, f.oid, f.kind, f.names
from found f
join pg_class vc on vc.oid = f.view
join pg_namespace vn on vn.oid = vc.relnamespace
join pg_class tc on tc.oid = f.relation
join pg_namespace tn on tn.oid = tc.relnamespace
where f.present = f.size
-- Where a view shows several primary keys, PostgREST's own comes out in this order of tables.
order by f.view, tn.nspname desc, tc.relname desc, f.oid, f.kind, f.position
