-- trips
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated using (true);
create policy books_update on public.books for update to authenticated using (title = '') with check (true);

-- does not trip
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to anon, authenticated using (true);
create policy books_insert on public.books for insert to authenticated with check (title <> '');
