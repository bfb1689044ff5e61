-- trips
create function public.answer() returns int language sql security definer set search_path = '' as 'select 42';
grant execute on function public.answer() to anon;

-- does not trip
create function public.answer() returns int language sql set search_path = '' as 'select 42';
grant execute on function public.answer() to anon;
create function public.question() returns int language sql security definer set search_path = '' as 'select 42';
grant execute on function public.question() to service_role;
create function evolv.answer() returns int language sql security definer set search_path = '' as 'select 42';
grant execute on function evolv.answer() to anon;
