import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { connect, hangUp, join, joined, listen } from './channels.mjs'
import { asOwner } from './database.mjs'
import { startEvolv } from './server.mjs'

describe('presence', () => {
  let evolv
  before(async () => {
    evolv = await startEvolv()
    await asOwner(evolv, `
      create policy rooms_read on realtime.messages for select to authenticated using (realtime.topic() like 'room:%');
      create policy rooms_write on realtime.messages for insert to authenticated
        with check (realtime.topic() = 'room:open' or realtime.topic() = 'room:quiet' and extension = 'broadcast');`)
  })
  after(async () => {
    await hangUp()
    await evolv.stop()
  })

  const device = (topic, key, { vsn, ...config } = {}) =>
    connect(evolv, evolv.PUBLISHABLE_KEY, { vsn: vsn ?? '2.0.0' }).channel(topic, { config: { presence: { key }, ...config } })
  const observe = (channel) => ({
    syncs: listen(channel, 'presence', { event: 'sync' }),
    joins: listen(channel, 'presence', { event: 'join' }),
    leaves: listen(channel, 'presence', { event: 'leave' }),
  })
  const facts = (presences) => presences.map(({ presence_ref, ...rest }) => rest)
  const state = (channel) => Object.fromEntries(Object.entries(channel.presenceState()).map(([key, presences]) => [key, facts(presences)]))
  const until = async (channel, { syncs }, expected) => {
    const reached = () => isDeepStrictEqual(state(channel), expected)
    if (!reached()) await syncs.next(reached).catch(() => {})
    assert.deepEqual(state(channel), expected)
  }

  for (const vsn of ['1.0.0', '2.0.0']) {
    it(`tells who comes, changes and goes, in protocol ${vsn}`, async () => {
      const topic = `lobby ${vsn}`
      const [ada, bob] = [device(topic, 'ada', { vsn }), device(topic, 'bob', { vsn })]
      const [seenByAda, seenByBob] = [ada, bob].map(observe)
      await joined(ada)
      assert.equal(await ada.track({ mood: 'glad', since: 1 }), 'ok')
      await until(ada, seenByAda, { ada: [{ mood: 'glad', since: 1 }] }) // of oneself, too
      await joined(bob)
      await until(bob, seenByBob, { ada: [{ mood: 'glad', since: 1 }] }) // who comes later gets the state

      assert.equal(await bob.track({ mood: 'calm' }), 'ok')
      const { key, newPresences, currentPresences } = await seenByAda.joins.next(({ key }) => key === 'bob')
      assert.deepEqual([key, facts(newPresences), facts(currentPresences)], ['bob', [{ mood: 'calm' }], []])
      assert.equal(await ada.track({ mood: 'tired' }), 'ok')
      await until(bob, seenByBob, { ada: [{ mood: 'tired' }], bob: [{ mood: 'calm' }] })
      assert.equal(await ada.untrack(), 'ok')
      const left = await seenByBob.leaves.next(({ key, currentPresences }) => key === 'ada' && currentPresences.length === 0)
      assert.deepEqual(facts(left.leftPresences), [{ mood: 'tired' }])
      await until(bob, seenByBob, { bob: [{ mood: 'calm' }] })
    })
  }

  it('counts the devices of one person apart, and notices one that disconnects', async () => {
    const watcher = device('devices', 'watcher')
    const seen = observe(watcher)
    const [phone, laptop] = [device('devices', 'ada'), device('devices', 'ada')]
    await Promise.all([watcher, phone, laptop].map(joined))

    await phone.track({ on: 'phone' })
    await until(watcher, seen, { ada: [{ on: 'phone' }] })
    await laptop.track({ on: 'laptop' })
    await until(watcher, seen, { ada: [{ on: 'phone' }, { on: 'laptop' }] })
    await phone.socket.disconnect()
    await until(watcher, seen, { ada: [{ on: 'laptop' }] })
    await laptop.unsubscribe()
    await until(watcher, seen, {})
  })

  it('says the same again to nobody', async () => {
    const [ada, bob] = [device('again', 'ada'), device('again', 'bob')]
    const seen = observe(bob)
    await Promise.all([ada, bob].map(joined))

    await ada.track({ a: 1 })
    await ada.track({ a: 1 })
    await ada.track({ a: 2 })

    await until(bob, seen, { ada: [{ a: 2 }] })
    assert.deepEqual(seen.joins.received.map(({ newPresences }) => facts(newPresences)), [[{ a: 1 }], [{ a: 2 }]])
  })

  it('gives a key to those who bring none', async () => {
    const [one, other] = [device('keyless', ''), device('keyless', '')]
    const seen = observe(one)
    await Promise.all([one, other].map(joined))

    await one.track({ n: 1 })
    await other.track({ n: 2 })

    await seen.joins.next(({ newPresences }) => newPresences[0].n === 2)
    assert.equal(Object.keys(state(one)).length, 2)
  })

  it('on private topics obeys the policies', async () => {
    const [ada, bob] = [await join(evolv), await join(evolv)]
    const channelOf = (person, topic, key) => person.supabase.channel(topic, { config: { private: true, presence: { key } } })
    const [hers, his] = [channelOf(ada, 'room:open', 'ada'), channelOf(bob, 'room:open', 'bob')]
    const seen = observe(his)
    await Promise.all([hers, his].map(joined))
    assert.equal(await hers.track({ a: 1 }), 'ok')
    await until(his, seen, { ada: [{ a: 1 }] })

    // In the quiet room nobody may track, and all may broadcast.
    const [quiet, quietToo] = [channelOf(ada, 'room:quiet', 'ada'), channelOf(bob, 'room:quiet', 'bob')]
    const seenInQuiet = observe(quietToo)
    const heard = listen(quietToo, 'broadcast')
    await Promise.all([quiet, quietToo].map(joined))
    await quiet.track({ a: 1 }, { timeout: 1000 })
    await quiet.send({ type: 'broadcast', event: 'still here', payload: {} })
    await heard.next()
    assert.deepEqual(seenInQuiet.joins.received, [])
  })
})
