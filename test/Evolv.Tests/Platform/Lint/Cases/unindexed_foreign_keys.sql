-- trips
create table evolv.shelves (id int primary key);
create table evolv.books (id int primary key, shelf_id int references evolv.shelves, price int);
create index on evolv.books (price, shelf_id);

-- does not trip
create table evolv.shelves (room int, id int, primary key (room, id));
create table evolv.books (
    id       int primary key,
    room     int,
    shelf_id int,
    sequel   int references evolv.books,
    foreign key (room, shelf_id) references evolv.shelves
);
create index on evolv.books (shelf_id, room, id);
create index on evolv.books (sequel) where sequel is not null;
