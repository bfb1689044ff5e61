import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect, hangUp, join, joined, listen, refused } from './channels.mjs'
import { asOwner } from './database.mjs'
import { startEvolv } from './server.mjs'

describe('broadcast', () => {
  let evolv, owner
  before(async () => {
    evolv = await startEvolv()
    owner = (sql, values) => asOwner(evolv, sql, values)
    // Who may use the private topics of these tests: room:* everybody who is signed in, board:* for reading alone.
    await owner(`
      create policy rooms_read on realtime.messages for select to authenticated
        using (realtime.topic() like 'room:%' or realtime.topic() like 'board:%');
      create policy rooms_write on realtime.messages for insert to authenticated with check (realtime.topic() like 'room:%');`)
  })
  after(async () => {
    await hangUp()
    await evolv.stop()
  })

  const isPrivate = { config: { private: true } }
  const say = (channel, event, payload) => channel.send({ type: 'broadcast', event, payload })
  const bytes = Uint8Array.from([0, 1, 254, 255])
  const rest = (path, body, headers) =>
    fetch(`${evolv.API_URL}/realtime/v1/api/broadcast${path}`, {
      method: 'POST',
      headers: { apikey: evolv.PUBLISHABLE_KEY, 'content-type': 'application/json', ...headers },
      body,
    })

  for (const [from, to] of [['1.0.0', '1.0.0'], ['1.0.0', '2.0.0'], ['2.0.0', '1.0.0'], ['2.0.0', '2.0.0']]) {
    it(`goes from a client of protocol ${from} to one of ${to}`, async () => {
      const topic = `from ${from} to ${to}`
      const [speaker, listener] = [from, to].map((vsn) => connect(evolv, evolv.PUBLISHABLE_KEY, { vsn }).channel(topic))
      const [heard, other, own] = [listen(listener, 'broadcast'), listen(listener, 'broadcast', { event: 'other' }), listen(speaker, 'broadcast')]
      await Promise.all([speaker, listener].map(joined))

      await say(speaker, 'greeting', { text: 'Größe ☕', list: [1, null, { a: 'b' }] })
      await say(speaker, 'other', {})

      assert.deepEqual(await heard.next(), { type: 'broadcast', event: 'greeting', payload: { text: 'Größe ☕', list: [1, null, { a: 'b' }] } })
      assert.deepEqual(await other.next(), { type: 'broadcast', event: 'other', payload: {} })
      assert.deepEqual(own.received, [])
    })
  }

  it('comes back to its sender who asks for it, and is acknowledged to one who asks for that', async () => {
    for (const vsn of ['1.0.0', '2.0.0']) {
      const channel = connect(evolv, evolv.PUBLISHABLE_KEY, { vsn }).channel('echo', { config: { broadcast: { self: true, ack: true } } })
      const heard = listen(channel, 'broadcast')
      await joined(channel)

      assert.equal(await say(channel, 'hello', { vsn }), 'ok')

      assert.deepEqual((await heard.next()).payload, { vsn })
    }
  })

  it('carries bytes, to those whose protocol can', async () => {
    const [speaker, listener, old] = ['2.0.0', '2.0.0', '1.0.0'].map((vsn) => connect(evolv, evolv.PUBLISHABLE_KEY, { vsn }).channel('bytes'))
    const [heard, heardByOld] = [listener, old].map((channel) => listen(channel, 'broadcast'))
    await Promise.all([speaker, listener, old].map(joined))

    await say(speaker, 'bytes', bytes.buffer)
    await say(speaker, 'text', {})

    const { event, payload } = await heard.next()
    assert.deepEqual([event, new Uint8Array(payload)], ['bytes', bytes])
    assert.equal((await heardByOld.next()).event, 'text')
  })

  it('keeps its order and loses nothing', async () => {
    const [speaker, listener] = [connect(evolv), connect(evolv)].map((one) => one.channel('many', { config: { broadcast: { ack: true } } }))
    const heard = listen(listener, 'broadcast')
    await Promise.all([speaker, listener].map(joined))

    for (let n = 0; n < 50; n++) assert.equal(await say(speaker, 'n', { n }), 'ok')

    await heard.next(({ payload }) => payload.n === 49)
    assert.deepEqual(heard.received.map(({ payload }) => payload.n), Array.from({ length: 49 }, (_, n) => n))
  })

  it('stays on its topic, and public topics apart from private ones of the same name', async () => {
    const { supabase } = await join(evolv)
    const [eve, stranger] = [connect(evolv), connect(evolv)]
    const room = supabase.channel('room:one', isPrivate)
    const others = [eve.channel('room:one'), stranger.channel('private:room:one'), (await join(evolv)).supabase.channel('room:two', isPrivate)]
    const heard = others.map((channel) => listen(channel, 'broadcast'))
    await Promise.all([room, ...others].map(joined))

    await say(room, 'secret', {})
    await Promise.all(others.map((channel) => channel.httpSend('last', { a: 1 })))

    for (const events of heard) assert.equal((await events.next()).event, 'last')
  })

  it('is sent over HTTP, without a socket', async () => {
    const channel = connect(evolv).channel('http')
    const old = connect(evolv, evolv.PUBLISHABLE_KEY, { vsn: '1.0.0' }).channel('http')
    const [heard, heardByOld] = [channel, old].map((one) => listen(one, 'broadcast'))
    await Promise.all([channel, old].map(joined))
    const sender = connect(evolv).channel('http') // never joined

    assert.deepEqual(await sender.httpSend('one', { n: 1 }), { success: true })
    assert.equal(await say(sender, 'two', { n: 2 }), 'ok')
    assert.deepEqual(await sender.httpSend('three', bytes), { success: true })
    const batch = await rest('', JSON.stringify({ messages: [4, 5].map((n) => ({ topic: 'http', event: 'more', payload: { n } })) }))
    assert.deepEqual([batch.status, await batch.text()], [202, ''])

    assert.deepEqual(await heard.next(), { type: 'broadcast', event: 'one', payload: { n: 1 } })
    assert.deepEqual((await heard.next()).payload, { n: 2 })
    assert.deepEqual(new Uint8Array((await heard.next()).payload), bytes)
    assert.deepEqual([await heard.next(), await heard.next()].map(({ payload }) => payload.n), [4, 5])
    for (const n of [1, 2, 4, 5]) assert.equal((await heardByOld.next()).payload.n, n)
  })

  it('refuses over HTTP what is wrong', async () => {
    const anonymous = await fetch(`${evolv.API_URL}/realtime/v1/api/broadcast`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    const text = await rest('/t/events/e', 'plain', { 'content-type': 'text/plain' })
    const incomplete = await rest('', JSON.stringify({ messages: [{ topic: 't' }] }))
    const nothing = await rest('', 'no json')

    assert.equal(anonymous.status, 401)
    assert.equal(text.status, 415)
    assert.match((await text.json()).error, /^Unsupported Media Type/)
    assert.equal(incomplete.status, 422)
    assert.ok((await incomplete.json()).errors)
    assert.ok([400, 422].includes(nothing.status), String(nothing.status))
  })

  it('comes from SQL', async () => {
    const { supabase } = await join(evolv)
    const [open, room] = [supabase.channel('news'), supabase.channel('room:sql', { config: { private: true, broadcast: { replication_ready: true } } })]
    const [heard, inRoom, system] = [listen(open, 'broadcast'), listen(room, 'broadcast'), listen(room, 'system')]
    await Promise.all([open, room].map(joined))
    const { extension, status } = await system.next()
    assert.deepEqual([extension, status], ['system', 'ok'])

    await owner(`select realtime.send('{"id": 7, "text": "hello"}', 'greeting', 'news', false), realtime.send('{"id": 8}', 'private', 'room:sql')`)
    await owner(`select realtime.send_binary($1, 'bytes', 'room:sql')`, [Buffer.from(bytes)])

    const greeting = await heard.next()
    assert.deepEqual([greeting.event, greeting.payload], ['greeting', { id: 7, text: 'hello' }])
    assert.deepEqual((await inRoom.next()).payload, { id: 8 })
    assert.deepEqual(new Uint8Array((await inRoom.next()).payload), bytes)
    assert.deepEqual(heard.received, [])
  })

  it('comes from SQL to no one when the transaction fails', async () => {
    const channel = connect(evolv).channel('undone', { config: { broadcast: { replication_ready: true } } })
    const [heard, system] = [listen(channel, 'broadcast'), listen(channel, 'system')]
    await joined(channel)
    await system.next()

    await assert.rejects(owner(`do $$ begin perform realtime.send('{}', 'undone', 'undone', false); perform 1 / 0; end $$`))
    await owner(`select realtime.send('{}', 'done', 'undone', false)`)

    assert.equal((await heard.next()).event, 'done')
  })

  it('is replayed to those who come late', async () => {
    const { supabase } = await join(evolv)
    const since = Date.now() - 1000
    for (const n of [1, 2, 3]) await owner(`select realtime.send(jsonb_build_object('n', $1::int), 'n', 'room:replay')`, [n])
    const late = supabase.channel('room:replay', { config: { private: true, broadcast: { replay: { since, limit: 2 } } } })
    const heard = listen(late, 'broadcast')
    await joined(late)

    const replayed = [await heard.next(), await heard.next()]

    assert.deepEqual(replayed.map(({ payload }) => payload.n), [2, 3])
    assert.ok(replayed.every(({ meta }) => meta.replayed && meta.id))
  })

  it('on private topics is for those whom the policies let in', async () => {
    const { supabase } = await join(evolv)
    const backend = connect(evolv, evolv.SECRET_KEY)
    const denial = (topic) => `Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`

    assert.equal(await refused(supabase.channel('elsewhere', isPrivate)), denial('elsewhere'))
    assert.equal(await refused(connect(evolv).channel('room:one', isPrivate)), denial('room:one'))
    assert.equal(await refused(connect(evolv).channel('', { config: {} })), 'TopicNameRequired: You must provide a topic name')
    await joined(supabase.channel('room:one', isPrivate))
    await joined(backend.channel('elsewhere', isPrivate))
  })

  it('on private topics reaches nobody from those who may only read', async () => {
    const [reader, other] = [await join(evolv), await join(evolv)]
    const acknowledged = { config: { private: true, broadcast: { ack: true } } }
    const board = reader.supabase.channel('board:one', acknowledged)
    const watched = other.supabase.channel('board:one', isPrivate)
    const [heard, hearsAll] = [listen(watched, 'broadcast'), listen(board, 'broadcast')]
    await Promise.all([board, watched].map(joined))

    assert.equal(await say(board, 'forbidden', {}), 'error')
    const messages = [{ topic: 'board:one', event: 'forbidden', payload: {}, private: true }]
    await rest('', JSON.stringify({ messages }), { authorization: `Bearer ${reader.session.access_token}` })
    const official = connect(evolv, evolv.SECRET_KEY).channel('board:one', acknowledged)
    await joined(official)
    assert.equal(await say(official, 'official', {}), 'ok')

    assert.equal((await heard.next()).event, 'official')
    assert.equal((await hearsAll.next()).event, 'official')
  })

  it('does not reach those who left', async () => {
    const [supabase, other] = [connect(evolv), connect(evolv)]
    const [leaving, staying, speaker] = [supabase.channel('leaving'), supabase.channel('staying'), other.channel('leaving')]
    const [heard, statuses] = [listen(leaving, 'broadcast'), await joined(leaving)]
    const still = listen(staying, 'broadcast')
    await Promise.all([staying, speaker].map(joined))

    assert.equal(await supabase.removeChannel(leaving), 'ok')
    assert.equal(await statuses.next(), 'CLOSED')
    await say(speaker, 'nobody hears', {})
    await other.channel('staying').httpSend('heard', { a: 1 })

    assert.equal((await still.next()).event, 'heard')
    assert.deepEqual(heard.received, [])
    assert.deepEqual(supabase.getChannels(), [staying])
  })
})
