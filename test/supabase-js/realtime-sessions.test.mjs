import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect, connectWith, follow, hangUp, join, joined, listen, refused, subscribe, unfollow, watch } from './channels.mjs'
import { asOwner } from './database.mjs'
import { startEvolv } from './server.mjs'

describe('realtime', () => {
  let evolv, stale
  before(async () => {
    evolv = await startEvolv({ EVOLV__AUTH__JWTEXPIRYSECONDS: '30' })
    await asOwner(evolv, `
      create table public.notes (id bigint primary key, owner_id uuid);
      alter table public.notes enable row level security;
      grant select on public.notes to authenticated;
      create policy notes_select_own on public.notes for select to authenticated using (owner_id = (select auth.uid()));
      alter publication supabase_realtime add table public.notes;
      create policy rooms_read on realtime.messages for select to authenticated
        using (realtime.topic() = 'room' or realtime.topic() = 'mine:' || (select auth.uid())::text);`)
    const person = await join(evolv)
    stale = { token: person.session.access_token, ...(await holder(person)) } // expires while the other tests run
  })
  after(async () => {
    await hangUp()
    await evolv.stop()
  })

  const holder = async (person) => {
    const { supabase } = await connectWith(evolv, person.session.access_token)
    const channel = supabase.channel('room', { config: { private: true } })
    const system = listen(channel, 'system')
    return { channel, system, statuses: await joined(channel) }
  }
  const note = (id, owner) => asOwner(evolv, 'insert into public.notes values ($1, $2)', [id, owner])
  const isClosed = (status) => status === 'CLOSED'

  for (const vsn of ['2.0.0', '1.0.0']) {
    it(`goes on when the client refreshes its session, in protocol ${vsn}`, async () => {
      const { supabase, id } = await join(evolv, 'ada', { vsn })
      const [changes] = await watch(supabase, { table: 'notes' })
      const room = supabase.channel('room', { config: { private: true } })
      const statuses = await joined(room)
      const first = vsn === '2.0.0' ? 1 : 11

      await note(first, id)
      await changes.next()
      const { error } = await supabase.auth.refreshSession()
      assert.equal(error, null)
      await note(first + 1, id)

      assert.equal((await changes.next()).new.id, first + 1)
      assert.equal(room.state, 'joined')
      assert.deepEqual(statuses.received, [])
    })
  }

  it('shows from then on what the person of a new token may see', async () => {
    const [ada, bob] = [await join(evolv, 'ada'), await join(evolv, 'bob')]
    const app = await connectWith(evolv, ada.session.access_token)
    const [changes] = await watch(app.supabase, { table: 'notes' })
    await note(21, ada.id)
    await changes.next()

    app.token = bob.session.access_token
    await app.supabase.realtime.setAuth()
    await note(22, ada.id)
    await note(23, bob.id)

    assert.equal((await changes.next()).new.id, 23)
  })

  it('closes a private channel when a new token may not read it', async () => {
    const [ada, bob] = [await join(evolv, 'ada'), await join(evolv, 'bob')]
    const app = await connectWith(evolv, ada.session.access_token)
    const channel = app.supabase.channel(`mine:${ada.id}`, { config: { private: true } })
    const system = listen(channel, 'system')
    const statuses = await joined(channel)

    app.token = bob.session.access_token
    await app.supabase.realtime.setAuth()

    const { message, status } = await system.next()
    assert.equal(status, 'error')
    assert.match(message, new RegExp(`permissions? to read from this Channel topic: mine:${ada.id}$`))
    await statuses.next(isClosed)
  })

  it('refuses tokens that are none', async () => {
    const { supabase } = await connectWith(evolv, 'potato')

    assert.equal(await refused(supabase.channel('open')), 'MalformedJWT: The token provided is not a valid JWT')
  })

  it('closes the channels of a session within five seconds of its end', async () => {
    const person = await join(evolv)
    const [ended, another] = [await holder(person), await join(evolv)]
    const other = await holder(another)

    assert.equal((await person.supabase.auth.signOut()).error, null)

    const { extension, status } = await ended.system.next(() => true, 6000)
    assert.deepEqual([extension, status], ['system', 'error'])
    await ended.statuses.next(isClosed)
    assert.equal(other.channel.state, 'joined')
  })

  it('closes the channels of the banned', async () => {
    const person = await join(evolv)
    const { statuses } = await holder(person)

    await asOwner(evolv, `update auth.users set banned_until = now() + interval '1 day' where id = $1`, [person.id])

    await statuses.next(isClosed, 6000)
  })

  it('lets people listen to topics of their own, and nobody else', async () => {
    const [ada, bob] = [await join(evolv, 'ada'), await join(evolv, 'bob')]
    const isPrivate = { config: { private: true } }
    const names = [`feed:${ada.id}`, `notifications:${ada.id}`]

    for (const name of names) {
      assert.match(await refused(bob.supabase.channel(name, isPrivate)), /^Unauthorized: /)
      assert.match(await refused(connect(evolv).channel(name, isPrivate)), /^Unauthorized: /)
      await joined(ada.supabase.channel(name, { config: { private: true, broadcast: { ack: true } } }))
    }
    // And nobody may pretend to be the server there, not even to oneself.
    for (const name of names)
      assert.equal(await ada.supabase.channel(name).send({ type: 'broadcast', event: 'new_item', payload: {} }), 'error')
  })

  it('tells followers on their own topic what became visible to them', async () => {
    const [ada, bob] = [await join(evolv, 'ada'), await join(evolv, 'bob')]
    const feed = bob.supabase.channel(`feed:${bob.id}`, { config: { private: true } })
    const items = listen(feed, 'broadcast', { event: 'new_item' })
    await joined(feed)
    const post = async (visibility) => {
      const { data } = await ada.supabase.from('posts').insert({ content: 'x', visibility }).select('id').single().throwOnError()
      const [item] = await asOwner(evolv, 'select id, post_id from public.feed_items where post_id = $1', [data.id])
      return item
    }
    const tells = (item) => ({ payload }) => [item.id, item.post_id].some((id) => JSON.stringify(payload).includes(id))

    const before = await post('public')
    await follow(bob, ada)
    const hidden = await post('private')
    const first = await post('followers')
    await items.next(tells(first))
    await unfollow(bob, ada)
    const unfollowed = await post('followers')
    await follow(bob, ada)
    const last = await post('public')
    await items.next(tells(last))

    for (const item of [before, hidden, unfollowed]) assert.equal(items.received.find(tells(item)), undefined)
  })

  it('tells people on their own topic what others did', async () => {
    const [ada, bob] = [await join(evolv, 'ada'), await join(evolv, 'bob')]
    const [hers, his] = [ada, bob].map(({ supabase, id }) => supabase.channel(`notifications:${id}`, { config: { private: true } }))
    const [toldHer, toldHim] = [hers, his].map((channel) => listen(channel, 'broadcast'))
    await Promise.all([hers, his].map(joined))

    await follow(bob, ada)
    const { data: post } = await ada.supabase.from('posts').insert({ content: 'x' }).select('id').single().throwOnError()
    await bob.supabase.from('post_likes').insert({ post_id: post.id }).throwOnError()

    const [asked, liked, accepted] = [await toldHer.next(), await toldHer.next(), await toldHim.next()]
    assert.deepEqual([asked.event, asked.payload.actor_id], ['follow_requested', bob.id])
    assert.deepEqual([liked.event, liked.payload.actor_id, liked.payload.post_id], ['post_liked', bob.id, post.id])
    assert.deepEqual([accepted.event, accepted.payload.actor_id], ['follow_accepted', ada.id])
  })

  it('ends with everything a client has', async () => {
    const supabase = connect(evolv)
    const all = await Promise.all(['one', 'two', 'three'].map((topic) => joined(supabase.channel(topic))))

    assert.deepEqual(await supabase.removeAllChannels(), ['ok', 'ok', 'ok'])

    for (const statuses of all) assert.equal(await statuses.next(), 'CLOSED')
    assert.deepEqual(supabase.getChannels(), [])
    assert.equal(supabase.realtime.isConnected(), false)
    await joined(supabase.channel('one')) // and begins again
  })

  it('ends the channels of an expired token and leaves refreshed ones', async () => {
    const { supabase } = await join(evolv)
    const fresh = supabase.channel('room', { config: { private: true } })
    const statuses = await joined(fresh)

    const { extension, status, message } = await stale.system.next(() => true, 40_000)
    await stale.statuses.next(isClosed)

    assert.deepEqual([extension, status], ['system', 'error'])
    assert.match(message, /^Token has expired/)
    assert.equal(fresh.state, 'joined')
    assert.deepEqual(statuses.received, [])
    const late = await connectWith(evolv, stale.token)
    assert.match(await refused(late.supabase.channel('late')), /^InvalidJWTToken: Token has expired/)
  })

  it('is found again by its clients after the server was restarted', async () => {
    const { supabase, id } = await join(evolv)
    const channel = supabase.channel('restart').on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'notes' }, () => {})
    const [changes, system] = [listen(channel, 'postgres_changes', { event: '*', schema: 'public', table: 'notes' }), listen(channel, 'system')]
    const statuses = subscribe(channel)
    assert.equal(await statuses.next(), 'SUBSCRIBED')
    await system.next()

    await evolv.restart()

    assert.match(await statuses.next(), /^CHANNEL_ERROR: socket closed: 1012\b/)
    await statuses.next((status) => status === 'SUBSCRIBED', 30_000)
    await system.next(({ status }) => status === 'ok', 10_000)
    await note(31, id)
    await changes.next(({ new: note }) => note.id === 31)
  })
})
