-- trips
create table public.requests (
    id uuid primary key, user_id uuid references public.profiles, status text, likes_count int, deadline timestamptz);
create index on public.requests (user_id);
alter table public.requests enable row level security;
create policy requests_select on public.requests for select to authenticated using (user_id = (select auth.uid()));

create policy requests_insert on public.requests for insert to authenticated with check (user_id = (select auth.uid()));
grant insert on public.requests to authenticated;

-- does not trip
create table public.requests (
    id uuid primary key, user_id uuid references public.profiles, status text, likes_count int, deadline timestamptz);
create index on public.requests (user_id);
alter table public.requests enable row level security;
create policy requests_select on public.requests for select to authenticated using (user_id = (select auth.uid()));

-- The status is held by the policy, the counter by a trigger, and what else may be written is the user's.
create policy requests_insert on public.requests for insert to authenticated
    with check (user_id = (select auth.uid()) and status = 'pending');
create function evolv.start_at_zero() returns trigger language plpgsql set search_path = '' as $$
begin
    new.likes_count := 0;
    return new;
end
$$;
create trigger requests_start_at_zero before insert on public.requests for each row execute function evolv.start_at_zero();
grant insert on public.requests to authenticated;
-- The policy asks who writes.
create policy requests_update on public.requests for update to authenticated using ((select evolv.has_role('reviewer')));
grant update (status) on public.requests to authenticated;
-- No API role writes.
grant insert on public.requests to service_role;
