-- trips
create table evolv.loans (id int primary key, book_id int);
grant insert on evolv.loans to authenticated;
create function evolv.count_loans() returns trigger language plpgsql set search_path = '' as $$
begin
    update public.badges set points = points + 1 where id is null;
    return null;
end
$$;
create trigger loans_count after insert on evolv.loans for each row execute function evolv.count_loans();

-- does not trip
create table evolv.loans (id int primary key, book_id int);
grant insert on evolv.loans to authenticated;
create function evolv.count_loans() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    update public.badges set points = points + 1 where id is null;
    return null;
end
$$;
create trigger loans_count after insert on evolv.loans for each row execute function evolv.count_loans();

-- Its own table, one without row-level security, a mention in a comment, and a table that only trusted roles write.
create table evolv.tally (loans int primary key);
create function evolv.tally_loans() returns trigger language plpgsql set search_path = '' as $$
begin
    -- update public.badges some day
    update evolv.tally set loans = loans + 1;
    delete from evolv.loans where id < 0;
    return null;
end
$$;
create trigger loans_tally after insert on evolv.loans for each row execute function evolv.tally_loans();
create function evolv.count_returns() returns trigger language plpgsql set search_path = '' as $$
begin
    delete from public.badges where false;
    return null;
end
$$;
create table evolv.returns (id int primary key);
create trigger returns_count after insert on evolv.returns for each row execute function evolv.count_returns();
