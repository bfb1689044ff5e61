-- trips
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_all on public.books for all to authenticated
    using ((select auth.jwt() ->> 'role') = 'service_role');

-- does not trip
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated
    using ((select auth.jwt() ->> 'role') = 'authenticated');
create policy books_update on public.books for update to supabase_auth_admin using (title <> '');
