-- Implicit casts by function between a domain and json or text, as far as the login may execute the function.
select
    c.castsource::regtype::text,
    c.casttarget::regtype::text,
    c.castfunc::regproc::text
from pg_cast c
join pg_type source on source.oid = c.castsource
join pg_type target on target.oid = c.casttarget
where c.castcontext = 'i'
    and c.castmethod = 'f'
    and (
        source.typtype = 'd' and target.oid in ('json'::regtype, 'text'::regtype)
        or target.typtype = 'd' and source.oid in ('json'::regtype, 'text'::regtype)
    )
    and has_function_privilege(c.castfunc, 'execute')
