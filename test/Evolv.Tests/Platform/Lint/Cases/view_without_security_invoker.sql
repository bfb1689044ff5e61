-- trips
create view evolv.titles as select content from public.posts;
grant select on evolv.titles to authenticated;

-- does not trip
create view evolv.titles with (security_invoker = true) as select content from public.posts;
grant select on evolv.titles to authenticated;
create view evolv.secrets as select content from public.posts;
create table evolv.books (title text primary key);
create view evolv.books_titles as select title from evolv.books;
grant select on evolv.books_titles to authenticated;
