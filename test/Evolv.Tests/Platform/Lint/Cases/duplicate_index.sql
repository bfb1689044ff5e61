-- trips
create table evolv.books (id int primary key, title text);
create index books_title_idx on evolv.books (title);
create index books_title_again_idx on evolv.books (title);

-- does not trip
create table evolv.books (id int primary key, title text);
create index on evolv.books (title);
create index on evolv.books (title text_pattern_ops);
create index on evolv.books (lower(title));
create index on evolv.books (upper(title));
create index on evolv.books (title) where id > 0;
