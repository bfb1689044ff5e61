-- trips 3 times
create table public.books (id uuid primary key, owner_id uuid references public.profiles);
alter table public.books enable row level security;
create index on public.books (owner_id);
create policy books_select on public.books for select to authenticated
    using (owner_id = auth.uid());
create policy books_insert on public.books for insert to authenticated
    with check (exists (select from public.profiles p where p.id = owner_id and p.id = auth.uid()));
create policy books_delete on public.books for delete to authenticated
    using (current_setting('app.librarian', true) = 'yes');

-- does not trip
create table public.books (id uuid primary key, owner_id uuid references public.profiles);
alter table public.books enable row level security;
create index on public.books (owner_id);
create policy books_select on public.books for select to authenticated
    using (owner_id = (select auth.uid()) or (select auth.jwt() ->> 'role') = 'librarian');
create policy books_insert on public.books for insert to authenticated
    with check (exists (select from public.profiles p where p.id = owner_id and p.id = (select auth.uid())));
create policy books_delete on public.books for delete to authenticated
    using ((select coalesce(current_setting('app.librarian', true), '')) = 'yes');
