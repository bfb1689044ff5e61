-- trips
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to anon, authenticated using (title like 'a%');
create policy books_all on public.books for all to authenticated using (title like 'b%');

-- does not trip
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated using (title like 'a%');
create policy books_select_anon on public.books for select to anon using (title like 'b%');
create policy books_insert on public.books for insert to authenticated with check (title like 'c%');
create policy books_restrict on public.books as restrictive for all to authenticated using (title <> '');
