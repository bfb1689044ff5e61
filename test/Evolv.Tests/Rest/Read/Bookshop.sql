-- A bookshop: every kind of table, relationship and column that a read can meet.
create schema api;
create schema archive;
grant usage on schema api, archive to anon, authenticated, service_role;

-- People and books -----------------------------------------------------------------------------------------------------

create table api.countries (code text primary key, name text not null);
create table api.authors (
    id           int primary key,
    name         text not null,
    born         date,
    country_code text references api.countries (code),
    mentor_id    int references api.authors (id)
);
create table api.biographies (author_id int primary key references api.authors (id), text text not null);
create table api.publishers (id int primary key, name text not null);
create table api.books (
    id           int primary key,
    title        text not null,
    author_id    int not null references api.authors (id),
    publisher_id int references api.publishers (id),
    price        numeric(6, 2),
    pages        int not null,
    in_print     boolean,
    tags         text[] not null default '{}',
    details      jsonb,
    blurb        text,
    words        tsvector generated always as (to_tsvector('english', coalesce(blurb, ''))) stored,
    ages         int4range
);
create table api.genres (id int primary key, name text not null);
create table api.book_genres (
    book_id  int references api.books (id),
    genre_id int references api.genres (id),
    primary key (book_id, genre_id)
);

insert into api.countries values ('CO', 'Colombia'), ('GB', 'United Kingdom'), ('JP', 'Japan');
insert into api.authors values
    (1, 'Woolf', '1882-01-25', 'GB', null),
    (2, 'Orwell', '1903-06-25', 'GB', null),
    (3, 'Soseki', '1867-02-09', 'JP', null),
    (4, 'Akutagawa', '1892-03-01', 'JP', 3),
    (5, 'Marquez', '1927-03-06', 'CO', null),
    (6, 'Anonymous', null, null, null);
insert into api.biographies values (1, 'Kept a diary.'), (3, 'Kept a cat.');
insert into api.publishers values (1, 'Hogarth'), (2, 'Secker'), (3, 'Iwanami');
insert into api.books (id, title, author_id, publisher_id, price, pages, in_print, tags, details, blurb, ages) values
    (1, 'Orlando', 1, 1, 12.50, 336, true, '{fantasy,classic}',
        '{"lang": "en", "ratings": [5, 4], "format": {"kind": "paper"}}', 'A poet lives for centuries', '[12,18)'),
    (2, 'The Waves', 1, 1, 9.00, 200, false, '{classic}', '{"lang": "en", "ratings": [3]}', 'Six friends speak in turns', '[14,18)'),
    (3, '1984', 2, 2, 8.50, 328, true, '{dystopia,classic}', '{"lang": "en", "ratings": [5, 5, 4]}', 'Big Brother watches his friends', '[16,99)'),
    (4, 'Kokoro', 3, 3, 11.00, 248, true, '{}', '{"lang": "ja", "ratings": []}', 'A student and his teacher', null),
    (5, 'Rashomon', 4, null, null, 100, null, '{short}', null, 'Stories of a gate', '[10,16)'),
    (6, 'Botchan', 3, null, 7.00, 150, true, '{comic}', '{"lang": "ja", "ratings": [4]}', null, '[8,14)');
insert into api.genres values (1, 'Novel'), (2, 'Satire'), (3, 'Short stories'), (4, 'Poetry');
insert into api.book_genres values (1, 1), (2, 1), (3, 1), (3, 2), (4, 1), (5, 3), (6, 2);

-- Relationships of other kinds -----------------------------------------------------------------------------------------

-- Two ways from a letter to an author.
create table api.letters (
    id          int primary key,
    sender_id   int references api.authors (id),
    receiver_id int references api.authors (id),
    subject     text
);
insert into api.letters values (1, 1, 2, 'Review'), (2, 2, 1, 'Reply'), (3, 4, 3, 'Thanks');

-- A key of two columns.
create table api.shelves (room text, number int, label text, primary key (room, number));
create table api.copies (
    id      int primary key,
    book_id int references api.books (id),
    room    text,
    shelf   int,
    foreign key (room, shelf) references api.shelves (room, number)
);
insert into api.shelves values ('A', 1, 'Fiction'), ('A', 2, 'Rare'), ('B', 1, 'Store');
insert into api.copies values (1, 1, 'A', 1), (2, 1, 'B', 1), (3, 3, 'A', 1), (4, 4, null, null);

create view api.cheap_books as select id, title, author_id, price from api.books where price < 10;
create view api.author_list as select id, name, country_code from api.authors;

-- Columns and relationships that are functions.
create function api.title_length(api.books) returns int stable language sql as $$ select length($1.title) $$;
create function api.dearest_book(api.authors) returns setof api.books rows 1 stable language sql
    as $$ select * from api.books where author_id = $1.id order by price desc nulls last limit 1 $$;
create function api.compatriots(api.authors) returns setof api.authors stable language sql
    as $$ select * from api.authors where country_code = $1.country_code and id <> $1.id $$;

-- A domain that looks different outside.
create domain api.cents as int;
create function api.cents_json(api.cents) returns json immutable language sql
    as $$ select to_json(to_char($1 / 100.0, 'FM990.00') || ' EUR') $$;
create function api.cents_text(text) returns api.cents immutable language sql
    as $$ select (replace($1, ' EUR', '')::numeric * 100)::int $$;
-- The login looks for them, too.
grant execute on function api.cents_json(api.cents), api.cents_text(text) to public;
create cast (api.cents as json) with function api.cents_json(api.cents) as implicit;
create cast (text as api.cents) with function api.cents_text(text) as implicit;
create table api.fines (id int primary key, copy_id int references api.copies (id), amount api.cents);
insert into api.fines values (1, 1, 250), (2, 3, 1000), (3, 1, null);

-- Genres as lines of text.
create domain api."text/x-list" as text;
create function api.add_genre(list api."text/x-list", genre api.genres) returns api."text/x-list" immutable language sql
    as $$ select list || '- ' || genre.name || e'\n' $$;
create aggregate api.list_genres(api.genres) (sfunc = api.add_genre, stype = api."text/x-list", initcond = '');

-- Names that need quotes.
create table api."odd names" ("a b" int primary key, "c.d" text, "ü,(""x"")" text);
insert into api."odd names" values (1, 'dot', 'quote');

-- Who sees what --------------------------------------------------------------------------------------------------------

create table api.orders (
    id       int primary key,
    customer text not null,
    book_id  int not null references api.books (id),
    quantity int not null,
    margin   numeric
);
insert into api.orders values (1, 'ada', 1, 2, 1.5), (2, 'ada', 3, 1, 2.5), (3, 'bob', 1, 5, 3.5);
alter table api.orders enable row level security;
create policy own on api.orders for select to authenticated using (customer = auth.jwt() ->> 'sub');
create view api.order_list with (security_invoker = true) as select id, customer, book_id, quantity from api.orders;
create table api.ledger (id int primary key);

grant select on all tables in schema api to anon, authenticated, service_role;
grant execute on all functions in schema api to anon, authenticated, service_role;
revoke select on api.orders from authenticated;
grant select (id, customer, book_id, quantity) on api.orders to authenticated;
revoke all on api.ledger from anon, authenticated;

-- Another schema with a table of the same name.
create table archive.books (id int primary key, title text, year int);
insert into archive.books values (1, 'Beowulf', 1000);
grant select on archive.books to anon, authenticated, service_role;

analyze api.books;
