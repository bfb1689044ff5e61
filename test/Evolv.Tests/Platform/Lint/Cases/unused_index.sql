-- trips
create table evolv.books (id int primary key, price int);
create index books_price_idx on evolv.books (price);
insert into evolv.books select n, n from generate_series(1, 10000) n;
analyze evolv.books;
do $$
begin
    for n in 1..1000 loop
        perform from evolv.books where id = n;
    end loop;
end
$$;

-- does not trip
-- Small, hardly read, used, or a rule.
create table evolv.shelves (id int primary key, room int);
create index on evolv.shelves (room);
create table evolv.rooms (id int primary key, floor int);
create index on evolv.rooms (floor);
insert into evolv.rooms select n, n from generate_series(1, 10000) n;
create table evolv.books (id int primary key, price int, title int unique);
create index on evolv.books (price);
insert into evolv.books select n, n, n from generate_series(1, 10000) n;
analyze evolv.books;
do $$
begin
    for n in 1..1000 loop
        perform from evolv.books where price = n;
        perform from evolv.shelves where id = n;
    end loop;
end
$$;
