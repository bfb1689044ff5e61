-- trips
create table evolv.books (title text unique);

-- does not trip
create table evolv.books (title text primary key);
create view evolv.titles as select title from evolv.books;
