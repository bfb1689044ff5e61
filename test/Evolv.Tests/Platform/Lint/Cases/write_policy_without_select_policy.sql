-- trips
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to anon using (title <> '');
create policy books_update on public.books for update to authenticated using (title <> '');
grant update (title) on public.books to authenticated;

-- does not trip
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated using (title <> '');
create policy books_update on public.books for update to authenticated using (title <> '');
create policy books_delete_anon on public.books for delete to anon using (title <> '');
grant update (title) on public.books to authenticated;
