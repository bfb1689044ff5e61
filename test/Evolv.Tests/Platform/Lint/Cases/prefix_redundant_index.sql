-- trips 3 times
create table evolv.books (id int primary key, shelf int, place int, bought date, unique (shelf, place));
create index books_shelf_idx on evolv.books (shelf);
create index books_id_idx on evolv.books (id);
create index books_bought_idx on evolv.books (bought);
create index books_bought_place_idx on evolv.books (bought desc, place);

-- does not trip
create table evolv.books (id int primary key, shelf int, place int, bought date, title text, unique (shelf, place));
create index on evolv.books (place);
create index on evolv.books (shelf) where bought is null;
create index on evolv.books (bought desc nulls last);
create index on evolv.books (bought, place);
create index on evolv.books (title text_pattern_ops);
create index on evolv.books (title, id);
create index on evolv.books (shelf) include (title);
create unique index on evolv.books (id, shelf);
