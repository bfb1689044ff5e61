import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect, flowing, follow, hangUp, inbox, join, joined, listen, subscribe, unfollow, watch } from './channels.mjs'
import { asOwner } from './database.mjs'
import { startEvolv } from './server.mjs'

describe('changes of tables', () => {
  let evolv, owner, backend
  before(async () => {
    evolv = await startEvolv()
    owner = (sql, values) => asOwner(evolv, sql, values)
    backend = connect(evolv, evolv.SECRET_KEY)
    await owner(`
      create table public.notes (
        id bigint primary key, owner_id uuid, rank int, body text, price numeric, done boolean, at timestamptz, more jsonb, tags text[], bytes bytea);
      alter table public.notes enable row level security;
      grant select on public.notes to anon, authenticated;
      create policy notes_select_all on public.notes for select to anon, authenticated using (owner_id is null or owner_id = (select auth.uid()));
      alter publication supabase_realtime add table public.notes;`)
  })
  after(async () => {
    await hangUp()
    await evolv.stop()
  })

  const post = async ({ supabase }, content, visibility = 'public') =>
    (await supabase.from('posts').insert({ content, visibility }).select('id').single().throwOnError()).data.id
  const award = (id, amount) => backend.functions.invoke('add-xp', { body: { user_id: id, amount, source: 'course_completion' } })
  const itemOf = (postId) => ({ new: item }) => item.post_id === postId
  const ids = (events) => events.received.map((change) => change.new.id)

  // The three functions of the seed, letter by letter.
  const subscribeToFeed = (supabase, userId, callback) =>
    supabase
      .channel('feed-updates')
      .on(
        'postgres_changes',
        {
          event: 'INSERT',
          schema: 'public',
          table: 'feed_items',
          filter: `user_id=eq.${userId}`
        },
        callback
      )
      .subscribe()
  const subscribeToAchievements = (supabase, userId, callback) =>
    supabase
      .channel('achievement-updates')
      .on(
        'postgres_changes',
        {
          event: 'INSERT',
          schema: 'public',
          table: 'user_badges',
          filter: `user_id=eq.${userId}`
        },
        callback
      )
      .subscribe()
  const subscribeToLevelChanges = (supabase, userId, callback) =>
    supabase
      .channel('level-updates')
      .on(
        'postgres_changes',
        {
          event: 'UPDATE',
          schema: 'public',
          table: 'user_levels',
          filter: `user_id=eq.${userId}`
        },
        callback
      )
      .subscribe()

  for (const vsn of ['2.0.0', '1.0.0']) {
    it(`reach the seed's three subscriptions, in protocol ${vsn}`, async () => {
      const ada = await join(evolv, 'ada', { vsn })
      const somebody = await join(evolv)
      await award(ada.id, 10)
      const [feed, achievements, levels] = [inbox(), inbox(), inbox()]
      await Promise.all([
        flowing(subscribeToFeed(ada.supabase, ada.id, feed.put)),
        flowing(subscribeToAchievements(ada.supabase, ada.id, achievements.put)),
        flowing(subscribeToLevelChanges(ada.supabase, ada.id, levels.put)),
      ])

      await post(somebody, 'not hers')
      const postId = await post(ada, 'hers')
      await award(somebody.id, 250)
      await award(ada.id, 250)

      const item = await feed.next(({ new: item }) => item.activity_type === 'post')
      assert.deepEqual([item.eventType, item.new.post_id, item.new.user_id], ['INSERT', postId, ada.id])
      const badge = await achievements.next()
      assert.deepEqual([badge.eventType, badge.table, badge.new.user_id], ['INSERT', 'user_badges', ada.id])
      const level = await levels.next(({ new: level }) => level.current_level === 2)
      assert.deepEqual([level.eventType, level.new.user_id], ['UPDATE', ada.id])
      assert.ok(level.new.total_xp >= 260, String(level.new.total_xp))
      await feed.next(({ new: item }) => item.activity_type === 'achievement')
      const strangers = [feed, achievements, levels].flatMap((events) => events.received).filter(({ new: row }) => row.user_id !== ada.id)
      assert.deepEqual(strangers, [])
    })
  }

  it('have the shape that supabase-js promises', async () => {
    const [changes] = await watch(connect(evolv), { table: 'notes' })
    const told = ({ commit_timestamp: at, ...change }) => {
      assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)$/)
      assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000, at)
      return change
    }
    const change = { schema: 'public', table: 'notes', errors: null, new: {}, old: {} }
    const row = {
      id: 1, owner_id: null, rank: 3, body: 'Größe ☕', price: 12.5, done: true, at: '2026-01-02T03:04:05.678+00:00',
      more: { a: [1, null, 'x'] }, tags: ['x', 'y,z'], bytes: '\\x00ff',
    }

    // One after the other: who may see a row is asked while it is there.
    await owner(`insert into public.notes (id, rank, body, price, done, at, more, tags, bytes)
      values (1, 3, 'Größe ☕', 12.5, true, '2026-01-02 03:04:05.678+00', '{"a": [1, null, "x"]}', '{x,"y,z"}', '\\x00ff')`)
    assert.deepEqual(told(await changes.next()), { ...change, eventType: 'INSERT', new: row })

    await owner(`update public.notes set rank = null, body = '' where id = 1`)
    const updated = { ...row, rank: null, body: '' }
    assert.deepEqual(told(await changes.next()), { ...change, eventType: 'UPDATE', new: updated, old: { id: 1 } })

    await owner('update public.notes set id = 2 where id = 1')
    assert.deepEqual(told(await changes.next()), { ...change, eventType: 'UPDATE', new: { ...updated, id: 2 }, old: { id: 1 } })

    await owner('delete from public.notes where id = 2')
    assert.deepEqual(told(await changes.next()), { ...change, eventType: 'DELETE', old: { id: 2 } })
  })

  it('come in the order in which they were committed', async () => {
    const [changes, inserts] = await watch(connect(evolv), { table: 'notes' }, { table: 'notes', event: 'INSERT', filter: 'id=gt.1500' })

    for (let id = 1001; id <= 2000; id += 100)
      await owner('insert into public.notes (id) select generate_series($1::bigint, $1::bigint + 99)', [id])

    await changes.next(({ new: note }) => note.id === 2000, 15_000)
    assert.deepEqual(ids(changes), Array.from({ length: 999 }, (_, index) => 1001 + index))
    assert.deepEqual(ids(inserts), Array.from({ length: 500 }, (_, index) => 1501 + index))
  })

  it('are filtered by every operator, many on one channel', async () => {
    const filters = [
      ['rank=eq.2', [12]],
      ['rank=neq.2', [11, 13, 14]],
      ['rank=lt.2', [11]],
      ['rank=lte.2', [11, 12]],
      ['rank=gt.10', [14]], // as numbers: '3' is greater than '10' as text
      ['rank=gte.3', [13, 14]],
      ['rank=in.(1,30)', [11, 14]],
      ['body=in.(alpha,"b,(c)")', [11, 13]],
      ['body=eq."b,(c)"', [13]],
      ['body=like.al%', [11]],
      ['body=ilike.AL%', [11, 12]],
      ['body=match.^al', [11]],
      ['body=imatch.^al.*a$', [11, 12]],
      ['done=is.true', [11]],
      ['done=is.null', [13, 14]],
      ['body=isdistinct.alpha', [12, 13, 14]],
      ['rank=not.eq.2', [11, 13, 14]],
      ['rank=not.in.(1,2)', [13, 14]],
      ['body=not.like.al%', [12, 13]], // and not 14, whose body is null
      ['body=not.ilike.al%', [13]],
      ['body=not.is.null', [11, 12, 13]],
      ['rank=gte.2,rank=lt.30', [12, 13]],
      ['id=gt.10,id=lt.15', [11, 12, 13, 14]],
    ]
    const bindings = filters.map(([filter]) => ({ table: 'notes', event: 'INSERT', filter }))
    const [all, ...filtered] = await watch(connect(evolv), { table: 'notes' }, ...bindings)

    await owner(`insert into public.notes (id, rank, body, done)
      values (11, 1, 'alpha', true), (12, 2, 'ALPHA', false), (13, 3, 'b,(c)', null), (14, 30, null, null)`)

    await all.next(({ new: note }) => note.id === 14)
    assert.deepEqual(
      filters.map(([filter], index) => [filter, ids(filtered[index])]),
      filters,
    )
  })

  it('of other tables, events and rows stay away', async () => {
    const [updates, deletes, one, wrong] = await watch(
      connect(evolv),
      { table: 'notes', event: 'UPDATE' },
      { table: 'notes', event: 'DELETE' },
      { table: 'notes', filter: 'id=eq.21' },
      { table: 'feed_items' },
    )

    await owner('insert into public.notes (id) values (21), (22)')
    assert.equal((await one.next()).eventType, 'INSERT')
    await owner('update public.notes set rank = 1 where id in (21, 22)')
    await updates.next(({ new: note }) => note.id === 22)
    await owner('delete from public.notes where id in (21, 22)')
    await deletes.next(({ old }) => old.id === 22)

    assert.deepEqual(updates.received.map((change) => change.new.id), [21])
    assert.deepEqual(deletes.received.map((change) => change.old.id), [21])
    assert.deepEqual(one.received.map((change) => change.eventType), ['UPDATE', 'DELETE'])
    assert.deepEqual(wrong.received, [])
  })

  it('carry only the columns that were asked for', async () => {
    const [selected, all] = await watch(connect(evolv), { table: 'notes', select: ['rank'] }, { table: 'notes' })

    await owner(`insert into public.notes (id, rank, body) values (31, 7, 'left out')`)

    assert.deepEqual((await selected.next()).new, { id: 31, rank: 7 })
    assert.equal((await all.next()).new.body, 'left out')
  })

  it('reach those who may see the row, and nobody else', async () => {
    const [ada, bob] = [await join(evolv, 'ada'), await join(evolv, 'bob')]
    const visitor = connect(evolv)
    const [[hers], [his], [visitors]] = await Promise.all([ada.supabase, bob.supabase, visitor].map((one) => watch(one, { table: 'notes' })))

    await owner('insert into public.notes (id, owner_id) values (41, $1), (42, $2), (43, null)', [ada.id, bob.id])
    const all = [hers, his, visitors]
    await Promise.all(all.map((events) => events.next(({ new: note }) => note.id === 43))) // who may see a row is asked while it is there
    assert.deepEqual(all.map(ids), [[41], [42], []])
    await owner('delete from public.notes where id in (41, 42, 43)')

    // Deletes tell everybody a key, as Supabase does, and nothing else.
    await Promise.all(all.map((events) => events.next(({ old }) => old.id === 43)))
    assert.deepEqual(visitors.received.map((change) => [change.eventType, change.new, change.old]), [41, 42].map((id) => ['DELETE', {}, { id }]))
  })

  it('follow the feed\'s rule of visibility: strangers, followers, the unfollowed and the blocked', async () => {
    const [ada, bob] = [await join(evolv, 'ada'), await join(evolv, 'bob')]
    const [[hers], [his], [visitors]] = await Promise.all(
      [ada.supabase, bob.supabase, connect(evolv)].map((one) => watch(one, { table: 'feed_items', event: 'INSERT', filter: `user_id=eq.${ada.id}` })),
    )
    const posts = {}

    posts.stranger = await post(ada, 'for followers', 'followers')
    await hers.next(itemOf(posts.stranger)) // told before anything changes: who may see it is decided then
    await follow(bob, ada)
    posts.follower = await post(ada, 'for followers', 'followers')
    posts.private = await post(ada, 'for nobody', 'private')
    await his.next(itemOf(posts.follower))
    await hers.next(itemOf(posts.private))
    await unfollow(bob, ada)
    posts.unfollowed = await post(ada, 'for followers', 'followers')
    posts.public = await post(ada, 'for all')
    await his.next(itemOf(posts.public))
    await visitors.next(itemOf(posts.public))
    await ada.supabase.from('user_blocks').insert({ blocker_id: ada.id, blocked_id: bob.id }).throwOnError()
    posts.blocked = await post(ada, 'for all but one')
    await visitors.next(itemOf(posts.blocked))
    await hers.next(itemOf(posts.blocked))
    await ada.supabase.from('user_blocks').delete().eq('blocked_id', bob.id).throwOnError()
    posts.unblocked = await post(ada, 'for all')
    await his.next(itemOf(posts.unblocked))

    assert.deepEqual(his.received.map((change) => change.new), [])
    assert.deepEqual(visitors.received.filter(({ new: item }) => item.post_id !== posts.unblocked), [])
  })

  it('say what is wrong with a subscription, and the channel stays', async () => {
    const supabase = connect(evolv)
    const complaints = {}
    for (const [name, binding] of Object.entries({
      filter: { table: 'notes', filter: 'nonsense' },
      column: { table: 'notes', filter: 'nothing=eq.1' },
      value: { table: 'notes', filter: 'rank=eq.many' },
      table: { table: 'nothing' },
      unpublished: { table: 'user_settings' },
    })) {
      const channel = supabase.channel(`wrong ${name}`).on('postgres_changes', { event: '*', schema: 'public', ...binding }, () => {})
      const system = listen(channel, 'system')
      await joined(channel)
      const { extension, status, message } = await system.next()
      assert.deepEqual([extension, status], ['postgres_changes', 'error'], name)
      complaints[name] = message
    }

    assert.match(complaints.filter, /^Error parsing `filter` params: /)
    assert.match(complaints.column, /nothing/)
    assert.match(complaints.value, /many/)
    assert.match(complaints.table, /^Unable to subscribe to changes with given parameters\./)
    assert.match(complaints.unpublished, /^Unable to subscribe to changes with given parameters\./)
    assert.equal(supabase.getChannels().length, 5)
  })

  it('flow from the first moment for a client that waits for them', async () => {
    const channel = connect(evolv).channel('waits', { config: { postgres_changes_options: { wait: true } } })
    const changes = listen(channel, 'postgres_changes', { event: 'INSERT', schema: 'public', table: 'notes', filter: 'id=eq.51' })

    assert.equal(await subscribe(channel).next(), 'SUBSCRIBED')
    await owner('insert into public.notes (id) values (51)')

    await changes.next()
  })

  it('reach two clients, and one that has left no longer', async () => {
    const [first, second] = [connect(evolv), connect(evolv)]
    const [[hers], [his]] = await Promise.all([first, second].map((one) => watch(one, { table: 'notes', filter: 'id=in.(61,62)' })))

    await owner('insert into public.notes (id) values (61)')
    await Promise.all([hers.next(), his.next()])
    assert.deepEqual(await first.removeAllChannels(), ['ok'])
    await owner('insert into public.notes (id) values (62)')
    await his.next()

    assert.deepEqual(hers.received, [])
    assert.deepEqual(first.getChannels(), [])
  })
})
