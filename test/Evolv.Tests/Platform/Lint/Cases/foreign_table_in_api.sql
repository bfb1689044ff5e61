-- trips
create foreign data wrapper library;
create server branch foreign data wrapper library;
create foreign table public.books (id uuid) server branch;
grant select on public.books to authenticated;

-- does not trip
create foreign data wrapper library;
create server branch foreign data wrapper library;
create foreign table public.books (id uuid) server branch;
create foreign table evolv.books (id uuid) server branch;
grant select on evolv.books to authenticated;
