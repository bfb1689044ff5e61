-- Occupations: what people do there, what it asks for, what it pays and how it grows. Facts with their source and year; guidance takes
-- every figure from here or has none. What ships is in db/occupations.sql; an installation adds its own occupations, and its
-- own region's salaries, as the service.

create table public.occupation_sources (
    id         text primary key check (id ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name       text not null check (btrim(name) <> ''),
    publisher  text not null check (btrim(publisher) <> ''),
    url        text check (evolv.is_web_url(url)),
    licence    text not null check (btrim(licence) <> ''),
    year       int not null check (year between 1990 and 2200), -- the year that its figures are about
    created_at timestamptz not null default now()
);

create table public.occupations (
    code        text primary key check (code ~ '^[A-Za-z0-9][A-Za-z0-9.-]{0,19}$'), -- of the Standard Occupational Classification 2018, where it has one
    title       text not null unique check (btrim(title) <> '' and length(title) <= 120),
    titles      text[] not null default '{}', -- what it is called as well, in lower case
    field       text not null check (field ~ '^[a-z]+(-[a-z]+)*$'),
    description text not null check (btrim(description) <> '' and length(description) <= 500),
    education   text not null check (education in ('none', 'high_school', 'some_college', 'certificate', 'associate', 'bachelor', 'master', 'doctorate')),
    experience  text not null check (experience in ('none', 'under_5', '5_or_more')), -- years in a related occupation
    training    text not null check (training in ('none', 'short_term', 'moderate_term', 'long_term', 'apprenticeship', 'residency')),
    source_id   text not null references public.occupation_sources (id), -- of education, experience and training
    interests   text[] not null default '{}', -- words of people who are drawn to it
    majors      text[] not null default '{}', -- fields of study that lead to it
    created_at  timestamptz not null default now()
);

create index occupations_field_idx on public.occupations (field, title);
create index occupations_source_id_idx on public.occupations (source_id);

create table public.occupation_skills (
    occupation_code text not null references public.occupations (code) on delete cascade,
    skill_id        uuid not null references public.skills (id) on delete cascade,
    importance      numeric(3, 2) not null check (importance between 1 and 5), -- O*NET's scale: 1 not important, 5 extremely important
    source_id       text not null references public.occupation_sources (id),
    primary key (occupation_code, skill_id)
);

create index occupation_skills_skill_id_idx on public.occupation_skills (skill_id);
create index occupation_skills_source_id_idx on public.occupation_skills (source_id);

-- A year's pay before taxes. Null is what the source does not publish: a tenth earn more than it says, or pay is by the hour.
create table public.occupation_salaries (
    occupation_code text not null references public.occupations (code) on delete cascade,
    region          text not null check (region ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$'), -- ISO 3166
    currency        text not null check (currency ~ '^[A-Z]{3}$'), -- ISO 4217
    low             int check (low > 0), -- a tenth earn less
    median          int check (median > 0),
    high            int check (high > 0), -- a tenth earn more
    source_id       text not null references public.occupation_sources (id),
    primary key (occupation_code, region),
    check (low <= median and median <= high),
    check (coalesce(low, median, high) is not null)
);

create index occupation_salaries_source_id_idx on public.occupation_salaries (source_id);

create table public.occupation_outlooks (
    occupation_code   text not null references public.occupations (code) on delete cascade,
    region            text not null check (region ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$'),
    from_year         int not null check (from_year between 1990 and 2200),
    to_year           int not null check (to_year > from_year),
    employment        int check (employment >= 0), -- people, in from_year
    change_percent    numeric(6, 1) not null check (change_percent >= -100), -- of employment until to_year
    openings_per_year int check (openings_per_year >= 0),
    source_id         text not null references public.occupation_sources (id),
    primary key (occupation_code, region)
);

create index occupation_outlooks_source_id_idx on public.occupation_outlooks (source_id);

-- Servers hold all of it in memory; whoever asks with an old version reads it anew.
create table evolv.occupation_catalog (
    is_one  boolean primary key default true check (is_one),
    version bigint not null
);

insert into evolv.occupation_catalog (version) values (1);

alter table evolv.occupation_catalog enable row level security;

create function evolv.occupation_catalog_version()
    returns bigint
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select version from evolv.occupation_catalog
$$;

create function evolv.renew_occupation_catalog()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    update evolv.occupation_catalog set version = version + 1;
    return null;
end
$$;

do $$
declare
    name text;
begin
    foreach name in array array['occupation_sources', 'occupations', 'occupation_skills', 'occupation_salaries', 'occupation_outlooks', 'skills']
    loop
        execute format(
            'create trigger %I after insert or update or delete on public.%I for each statement execute function evolv.renew_occupation_catalog()',
            name || '_renew_catalog', name);
        continue when name = 'skills';
        execute format('alter table public.%I enable row level security', name);
        execute format('grant select on public.%I to anon, authenticated', name);
        execute format('grant select, insert, update, delete on public.%I to service_role', name);
        execute format('create policy %I on public.%I for select to anon, authenticated using (true)', name || '_select_all', name);
    end loop;
end
$$;

-- The whole catalog of a region as one document: what the servers read.
create function evolv.occupation_catalog(region text)
    returns jsonb
    language sql
    stable
    set search_path = ''
as $$
    select jsonb_build_object(
        'version', evolv.occupation_catalog_version(),
        'sources', (select coalesce(jsonb_object_agg(s.id, jsonb_build_object('name', s.name, 'publisher', s.publisher, 'url', s.url, 'year', s.year)), '{}')
            from public.occupation_sources s),
        'skills', (select coalesce(jsonb_agg(jsonb_build_object('slug', s.slug, 'name', s.name, 'aliases', s.aliases) order by s.slug), '[]')
            from public.skills s),
        'occupations', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'code', o.code, 'title', o.title, 'titles', o.titles, 'field', o.field, 'description', o.description,
                'education', o.education, 'experience', o.experience, 'training', o.training, 'source', o.source_id,
                'interests', o.interests, 'majors', o.majors,
                'skills', (select coalesce(jsonb_agg(jsonb_build_object('slug', s.slug, 'importance', k.importance) order by s.slug), '[]')
                    from public.occupation_skills k join public.skills s on s.id = k.skill_id where k.occupation_code = o.code),
                'salary', (select to_jsonb(p) from public.occupation_salaries p
                    where p.occupation_code = o.code and p.region = occupation_catalog.region),
                'outlook', (select to_jsonb(l) from public.occupation_outlooks l
                    where l.occupation_code = o.code and l.region = occupation_catalog.region)) order by o.code), '[]')
            from public.occupations o))
$$;

grant execute on function evolv.occupation_catalog, evolv.occupation_catalog_version to anon, authenticated, service_role;
