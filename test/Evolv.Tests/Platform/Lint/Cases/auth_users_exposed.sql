-- trips, and with it security_definer_view
create view public.people as select id, email from auth.users;
create view public.names with (security_invoker = true) as select email from public.people;
grant select on public.people to authenticated;

-- does not trip
-- The caller's own rights, which auth.users grants to nobody; and a view that nobody may read.
create view public.people with (security_invoker = true) as select id, email from auth.users;
grant select on public.people to authenticated;
create view evolv.people as select id, email from auth.users;
