// The stock bundle of supabase-js in a real browser: another origin than the server's, the browser's own WebSocket.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launchBrowser, serveApp } from './browser.mjs'
import { hangUp, join, joined, listen } from './channels.mjs'
import { password } from './clients.mjs'
import { startEvolv } from './server.mjs'

describe('a browser', () => {
  let evolv, app, browser
  before(async () => {
    evolv = await startEvolv()
    app = await serveApp()
    browser = await launchBrowser()
  })
  after(async () => {
    await hangUp()
    await browser?.close()
    app?.close()
    await evolv.stop()
  })

  /** A page with a client in it, and an `events` array for what arrives. */
  async function open({ vsn = '2.0.0', host = 'localhost' } = {}) {
    const tab = await (await browser.newContext()).newPage()
    tab.complaints = []
    tab.on('pageerror', (error) => tab.complaints.push(error.message))
    tab.on('console', (message) => message.type() === 'error' && tab.complaints.push(message.text()))
    await tab.goto(`http://${host}:${app.address().port}/`)
    await tab.evaluate(({ url, key, vsn }) => {
      window.client = window.supabase.createClient(url, key, { realtime: { vsn } })
      window.events = []
      window.statuses = []
      window.joined = (channel) => new Promise((resolve, reject) =>
        channel.subscribe((status, error) => {
          window.statuses.push(status)
          if (status === 'SUBSCRIBED') resolve()
          else reject(new Error(`${status} ${error?.message}`))
        }))
    }, { url: evolv.API_URL, key: evolv.PUBLISHABLE_KEY, vsn })
    return tab
  }

  const signUpIn = (tab, name) => tab.evaluate(async ({ email, password, name }) => {
    const { data, error } = await window.client.auth.signUp({ email, password, options: { data: { full_name: name } } })
    if (error) throw error
    return data.user.id
  }, { email: `${name}@browser.example.com`, password, name })

  /** Waits until an event of the page matches, and answers it. */
  async function next(tab, matches) {
    const found = await tab.waitForFunction(`window.events.find(${matches})`, undefined, { timeout: 5000 }).catch(async (error) => {
      throw new Error(`${error.message}; arrived: ${JSON.stringify(await tab.evaluate('window.events'))}; complaints: ${tab.complaints}`)
    })
    return found.jsonValue()
  }

  for (const vsn of ['2.0.0', '1.0.0']) {
    it(`hears of a post, of broadcasts and of presence, in protocol ${vsn}`, async () => {
      const tab = await open({ vsn })
      const id = await signUpIn(tab, `ada${vsn}`)
      const bob = await join(evolv, 'bob', { vsn })
      await tab.evaluate(async ({ author, vsn }) => {
        const put = (kind) => (event) => window.events.push({ kind, event })
        const changes = window.client.channel('changes', { config: { postgres_changes_options: { wait: true } } })
          .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'feed_items', filter: `user_id=eq.${author}` }, put('change'))
        window.lobby = window.client.channel(`lobby ${vsn}`, { config: { presence: { key: 'ada' } } })
          .on('broadcast', { event: '*' }, put('broadcast'))
          .on('presence', { event: 'join' }, put('join'))
        await Promise.all([window.joined(changes), window.joined(window.lobby)])
        await window.lobby.track({ from: 'browser' })
      }, { author: bob.id, vsn })
      const lobby = bob.supabase.channel(`lobby ${vsn}`, { config: { presence: { key: 'bob' } } })
      const [answers, meetings] = [listen(lobby, 'broadcast', { event: 'answer' }), listen(lobby, 'presence', { event: 'sync' })]
      await joined(lobby)

      const { data: post } = await bob.supabase.from('posts').insert({ content: 'Hello, browser' }).select('id').single().throwOnError()
      await lobby.send({ type: 'broadcast', event: 'question', payload: { text: 'Größe ☕' } })
      await lobby.track({ from: 'node' })
      await tab.evaluate(() => window.lobby.send({ type: 'broadcast', event: 'answer', payload: { n: 42 } }))

      const change = await next(tab, (({ kind }) => kind === 'change').toString())
      assert.deepEqual([change.event.eventType, change.event.new.post_id, change.event.errors], ['INSERT', post.id, null])
      const question = await next(tab, (({ kind, event }) => kind === 'broadcast' && event.event === 'question').toString())
      assert.deepEqual(question.event.payload, { text: 'Größe ☕' })
      const arrival = await next(tab, (({ kind, event }) => kind === 'join' && event.key === 'bob').toString())
      assert.equal(arrival.event.newPresences[0].from, 'node')
      assert.deepEqual((await answers.next()).payload, { n: 42 })
      if (!lobby.presenceState().ada) await meetings.next(() => lobby.presenceState().ada)
      assert.equal(lobby.presenceState().ada[0].from, 'browser')
      assert.equal(await tab.evaluate(async () => (await window.client.auth.getUser()).data.user.id), id)
      assert.deepEqual(tab.complaints, [])
      await tab.close()
    })
  }

  it('with two pages exchanges bytes, over the socket and over HTTP, and a page that closes leaves', async () => {
    const [one, two] = [await open(), await open({ host: '127.0.0.1' })]
    for (const [tab, key] of [[one, 'one'], [two, 'two']]) {
      await tab.evaluate(async (key) => {
        window.pair = window.client.channel('pair', { config: { broadcast: { ack: true }, presence: { key } } })
          .on('broadcast', { event: '*' }, ({ event, payload }) =>
            window.events.push({ event, payload: payload instanceof ArrayBuffer ? [...new Uint8Array(payload)] : payload }))
          .on('presence', { event: 'join' }, ({ key }) => window.events.push({ event: 'join', key }))
          .on('presence', { event: 'leave' }, ({ key }) => window.events.push({ event: 'leave', key }))
        await window.joined(window.pair)
        await window.pair.track({})
      }, key)
    }

    const sent = await one.evaluate(async () => {
      const bytes = Uint8Array.from([0, 128, 255])
      return [
        await window.pair.send({ type: 'broadcast', event: 'bytes', payload: bytes.buffer }),
        (await window.pair.httpSend('http', { n: 1 })).success,
        (await window.pair.httpSend('http bytes', bytes)).success,
      ]
    })

    assert.deepEqual(sent, ['ok', true, true])
    assert.deepEqual((await next(two, (({ event }) => event === 'bytes').toString())).payload, [0, 128, 255])
    assert.deepEqual((await next(two, (({ event }) => event === 'http').toString())).payload, { n: 1 })
    assert.deepEqual((await next(two, (({ event }) => event === 'http bytes').toString())).payload, [0, 128, 255])
    await next(one, (({ event, key }) => event === 'join' && key === 'two').toString())
    await two.close()
    await next(one, (({ event, key }) => event === 'leave' && key === 'two').toString())
    assert.deepEqual(one.complaints, [])
  })

  it('signs out, and its private channel closes', async () => {
    const tab = await open()
    const id = await signUpIn(tab, 'leaver')
    await tab.evaluate((id) => window.joined(window.client.channel(`feed:${id}`, { config: { private: true } })), id)

    await tab.evaluate(() => window.client.auth.signOut())

    await tab.waitForFunction(`window.statuses.includes('CLOSED')`, undefined, { timeout: 6000 })
  })
})
