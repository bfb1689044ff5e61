-- trips
create table evolv.books (id int primary key, content text) with (autovacuum_enabled = off);
alter table evolv.books alter content set storage plain;
insert into evolv.books select n, repeat('x', 1900) from generate_series(1, 20000) n;
delete from evolv.books where id > 100;
analyze evolv.books;

-- does not trip
create table evolv.books (id int primary key, content text) with (autovacuum_enabled = off);
alter table evolv.books alter content set storage plain;
insert into evolv.books select n, repeat('x', 1900) from generate_series(1, 20000) n;
analyze evolv.books;
