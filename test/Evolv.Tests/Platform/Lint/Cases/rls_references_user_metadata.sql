-- trips
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated
    using ((select auth.jwt() -> 'user_metadata' ->> 'plan') = 'premium');

-- does not trip
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated
    using ((select auth.jwt() -> 'app_metadata' ->> 'plan') = 'premium');
