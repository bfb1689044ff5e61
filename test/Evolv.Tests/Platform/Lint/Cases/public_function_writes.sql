-- trips
create function public.clear() returns void language plpgsql set search_path = '' as $$
begin
    delete from public.badges;
end
$$;
grant execute on function public.clear() to public;

-- does not trip
create function public.clear() returns void language sql set search_path = '' as 'delete from public.badges';
create function public.list() returns setof text language sql stable set search_path = '' as 'select name from public.badges';
grant execute on function public.list() to public;
-- Cannot be called.
create function public.refuse() returns trigger language plpgsql set search_path = '' as $$
begin
    delete from public.badges;
    return null;
end
$$;
grant execute on function public.refuse() to public;
create function evolv.clear() returns void language sql set search_path = '' as 'delete from public.badges';
grant execute on function evolv.clear() to public;
