-- The demo community: guilds, with members in every state.
insert into public.guilds (id, slug, name, description, visibility, join_mode, owner_id, created_at)
select
    pg_temp.demo_id('guild', g.number), g.slug, g.name, g.description, g.visibility, g.join_mode,
    p.id, pg_temp.demo_time(least(p.joined, 100 - g.number * 7), g.slug)
from (values
    (1, 'data-explorers', 'Data Explorers', 'public', 'open', 2,
        'Questions, data sets and the stories in them. A new data set every Monday.'),
    (2, 'web-makers', 'Web Makers', 'public', 'open', 4,
        'We build for the web, for everybody. Bring what you are stuck with.'),
    (3, 'night-owls', 'Night Owls', 'public', 'request', 8,
        'For everybody who learns after the children are asleep.'),
    (4, 'career-changers', 'Career Changers', 'public', 'request', 44,
        'From anything to tech: applications, interviews and courage.'),
    (5, 'review-circle', 'Review Circle', 'private', 'invite', 7,
        'Where those who review certifications agree on what good evidence is.')
) g (number, slug, name, visibility, join_mode, owner, description)
join demo_people p on p.number = g.owner;

-- The owner came with the guild.
insert into public.guild_members (guild_id, user_id, role, state, joined_at)
select
    g.id,
    p.id,
    case when m.state = 'active' and p.number % 11 = 2 then 'moderator' else 'member' end,
    m.state,
    pg_temp.demo_time(least(p.joined, 60), 'guild ' || p.handle)
from public.guilds g
join demo_people p on p.id <> g.owner_id
cross join lateral (
    select case
        when g.slug = 'review-circle' then case when p.number in (1, 2, 4, 5) then 'active' when p.number = 6 then 'invited' end
        when p.number = 3 and g.slug in ('data-explorers', 'career-changers') then 'active'
        when p.number = 13 and g.slug = 'web-makers' then 'banned'
        when pg_temp.demo_pick('member ' || g.slug || p.handle, 100) >= 32 then null
        when g.join_mode = 'request' and pg_temp.demo_pick('asks ' || g.slug || p.handle, 6) = 0 then 'requested'
        else 'active'
    end
) m (state)
where g.id between pg_temp.demo_id('guild', 1) and pg_temp.demo_id('guild', 5)
    and m.state is not null
order by g.slug, p.number;
