-- The demo community: follows, blocks, posts and what people say about them.

-- Some people are followed more than others. In the order of time, because the history is told who was followed by how many.
insert into public.user_follows (follower_id, following_id, status, created_at)
select
    a.id,
    b.id,
    case when b.number % 4 = 0 and pg_temp.demo_pick('waits ' || a.handle || b.handle, 4) = 0 then 'pending' else 'accepted' end,
    pg_temp.demo_time(1 + pg_temp.demo_pick('since ' || a.handle || b.handle, least(a.joined, b.joined)), a.handle)
from demo_people a
join demo_people b on a.number <> b.number
where pg_temp.demo_pick('follows ' || a.handle || ' ' || b.handle, 100) < 5 + b.activity / 3
    or (a.number = 3 and b.number in (1, 2, 4, 7, 10, 14, 20, 44))
order by 4, a.number, b.number;

insert into public.user_blocks (blocker_id, blocked_id, created_at)
select pg_temp.demo_id('person', b.blocker), pg_temp.demo_id('person', b.blocked), pg_temp.demo_time(b.days_ago, 'block')
from (values (16, 13, 40), (24, 13, 38), (32, 45, 21), (45, 32, 20)) b (blocker, blocked, days_ago);

-- Posts: the more active a person, the more of the 200. In the last weeks there is more to read than in the first.
create temp table demo_posts on commit drop as
select
    n as number,
    pg_temp.demo_id('post', n) as id,
    author.number as author,
    author.id as user_id,
    greatest(1, (author.joined * power(pg_temp.demo_pick('when ' || n, 1000) / 1000.0, 1.3))::int) as days_ago,
    format(
        (array[
            'Finally understood what people mean by %s.',
            'Three weeks into %s, and today it clicked.',
            'Small win: explained %s to my sister and she got it.',
            'What was your biggest mistake when you started with %s?',
            'Notes from today''s session on %s, before I forget them.',
            'Stuck on %s since Monday. What do you do when nothing works?',
            'I used to be afraid of %s. Now I am only careful.',
            'Looking for two people who want to practise %s on Saturdays.',
            'My first real project with %s is finished!',
            'Unpopular opinion: %s is mostly reading other people''s work.',
            'If you learn one thing this month, let it be %s.',
            'Failed the %s quiz twice, passed it today with full marks.',
            'How much %s does one need for a first job?',
            'Thank you to everybody who answered my question about %s.',
            'A good exercise for %s: do yesterday''s task again, from memory.',
            'Reading about %s on the train instead of the news. Recommended.',
            'Somebody asked me for help with %s today. Me!',
            'The best advice I got about %s: start smaller.',
            'We talked about %s in the guild last night until far too late.',
            'Day 30 of fifteen minutes of %s a day.',
            'My teacher says that %s is a conversation. I think I see it now.',
            'Wrote down everything I know about %s. One page. It is a start.',
            'Who else finds %s easier with pen and paper?',
            'Interview tomorrow, and they will ask about %s. Wish me luck.',
            'After a break of two months I am back at %s.'
        ])[1 + n % 25],
        skill.name)
        || (array[
            '',
            ' Happy to share what helped.',
            ' One step at a time.',
            ' Any tips are welcome.',
            ' Next stop: the project.',
            ' It took longer than I thought, and that is fine.',
            '',
            ' More tomorrow.'
        ])[1 + n % 8] as content,
    case when n % 9 = 4 then jsonb_build_array(jsonb_build_object(
        'type', 'link',
        'url', 'https://example.com/notes/' || skill.slug,
        'title', 'My notes on ' || skill.name)) else '[]' end as attachments,
    case
        when pg_temp.demo_pick('sees ' || n, 100) < 66 then 'public'
        when pg_temp.demo_pick('sees ' || n, 100) < 90 then 'followers'
        else 'private'
    end as visibility,
    n in (57, 123, 188) as is_deleted
from generate_series(1, 200) n
cross join lateral (
    select p.*
    from demo_people p
    where p.joined > 2
    order by pg_temp.demo_pick('author ' || n || p.handle, 10000) / (p.activity + 2)
    limit 1
) author
cross join lateral (
    select s.name, s.slug from public.skills s order by md5('topic ' || n || s.slug) limit 1
) skill;

insert into public.posts (id, user_id, guild_id, content, attachments, visibility, created_at, updated_at, deleted_at)
select
    d.id,
    d.user_id,
    g.guild_id,
    d.content,
    d.attachments,
    d.visibility,
    pg_temp.demo_time(d.days_ago, 'post ' || d.number),
    pg_temp.demo_time(d.days_ago, 'post ' || d.number),
    case when d.is_deleted then pg_temp.demo_time(d.days_ago, 'post ' || d.number) + interval '25 minutes' end
from demo_posts d
left join lateral (
    select m.guild_id
    from public.guild_members m
    where m.user_id = d.user_id and m.state = 'active' and d.visibility <> 'private' and d.number % 4 = 1
    order by md5(d.number || m.guild_id::text)
    limit 1
) g on true
order by d.days_ago desc, d.number;

-- Who could have seen what: likes, shares and comments come from there.
create temp table demo_readers on commit drop as
select d.number as post, o.id as post_id, o.created_at, p.number as reader, p.id as user_id, p.handle, p.activity
from demo_posts d
join public.posts o on o.id = d.id and o.deleted_at is null
join demo_people p on p.id <> o.user_id and p.joined > d.days_ago
where not exists (
        select
        from public.user_blocks b
        where (b.blocker_id, b.blocked_id) in ((p.id, o.user_id), (o.user_id, p.id))
    )
    and (
        o.visibility = 'public'
        or o.visibility = 'followers' and exists (
            select
            from public.user_follows f
            where f.follower_id = p.id and f.following_id = o.user_id and f.status = 'accepted'
        )
    )
    and (o.guild_id is null or exists (
        select from public.guild_members m where m.guild_id = o.guild_id and m.user_id = p.id and m.state = 'active'));

insert into public.post_likes (post_id, user_id, created_at)
select post_id, user_id, pg_temp.demo_later(created_at, interval '50 hours', 'liked at ' || post || handle)
from demo_readers
where pg_temp.demo_pick('likes ' || post || ' ' || handle, 1000) < 20 + activity * 2 + pg_temp.demo_pick('appeal ' || post, 140)
order by post, reader;

insert into public.post_shares (post_id, user_id, created_at)
select post_id, user_id, pg_temp.demo_later(created_at, interval '66 hours', 'shared at ' || post || handle)
from demo_readers
where pg_temp.demo_pick('shares ' || post || ' ' || handle, 1000) < activity / 3
order by post, reader;

create temp table demo_comments on commit drop as
select
    row_number() over (order by post, pg_temp.demo_pick('order ' || post || handle, 1000)) as number,
    row_number() over (partition by post order by pg_temp.demo_pick('order ' || post || handle, 1000), reader) as place,
    post,
    post_id,
    user_id,
    created_at
from demo_readers
where pg_temp.demo_pick('comments ' || post || ' ' || handle, 1000) < 8 + activity;

-- Every third comment answers the one before it.
insert into public.comments (id, post_id, user_id, parent_comment_id, content, created_at, updated_at, deleted_at)
select
    pg_temp.demo_id('comment', c.number),
    c.post_id,
    c.user_id,
    case when c.place % 3 = 2 then pg_temp.demo_id('comment', c.number - 1) end,
    case when c.place % 3 = 2 then (array[
        'Exactly!', 'That is what I meant.', 'Good point, thank you.', 'I see it differently, but yes.', 'Same here.',
        'Would you share the link?', 'Count me in.'
    ])[1 + c.number % 7] else (array[
        'Congratulations!', 'I needed to read this today.', 'What helped me: explain it to somebody who has never heard of it.',
        'Which book do you use?', 'It gets easier. Keep going!', 'I am at the same place. Shall we practise together?',
        'Well said.', 'Ask in the guild, somebody there has done this.', 'Break it into parts and test each alone.',
        'This made my day.', 'The second lesson of the path explains it well.', 'Could you say more about how you got there?',
        'Bookmarked for the weekend.'
    ])[1 + c.number % 13] end,
    t.at,
    t.at,
    case when c.number % 97 = 5 then t.at end
from demo_comments c
cross join lateral (
    select least(
        c.created_at + make_interval(mins => 5 + c.place::int * 40 + pg_temp.demo_pick('said ' || c.number, 30)),
        date_trunc('day', now(), 'UTC')) as at
) t
order by c.number;

insert into public.comment_likes (comment_id, user_id, created_at)
select m.id, r.user_id, pg_temp.demo_later(m.created_at, interval '20 hours', 'liked comment at ' || c.number || r.handle)
from demo_comments c
join public.comments m on m.id = pg_temp.demo_id('comment', c.number) and m.deleted_at is null and m.user_id = c.user_id
join demo_readers r on r.post = c.post and r.user_id <> c.user_id
where pg_temp.demo_pick('likes comment ' || c.number || r.handle, 1000) < 30 + r.activity
order by c.number, r.reader;
