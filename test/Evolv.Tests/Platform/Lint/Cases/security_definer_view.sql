-- trips
create view public.titles as select name from public.skills;

-- does not trip
create view public.titles with (security_invoker = on) as select name from public.skills;
create view evolv.titles as select name from public.skills;
