// Sign-in, recovery and changes of address by mail, as stock auth-js does them, in Node and in a browser.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'
import { launchBrowser, serveApp } from './browser.mjs'
import { clientFor, password } from './clients.mjs'
import { startEvolv } from './server.mjs'

let people = 0
const newAddress = () => `mail-${++people}@example.com`

describe('auth by mail', () => {
  let evolv
  before(async () => (evolv = await startEvolv({ EVOLV__AUTH__CONFIRMEMAIL: 'true', EVOLV__RATELIMITS__ENABLED: 'false' })))
  after(() => evolv.stop())

  /** The newest mail to an address, from the mail catcher. */
  async function mailTo(address) {
    const mails = await (await fetch(`${evolv.API_URL}/mail`, { headers: { accept: 'application/json' } })).json()
    const mail = mails.find(({ to }) => to === address)
    assert.ok(mail, `no mail to ${address}`)
    return { ...mail, link: mail.text.match(/^http\S+$/m)?.[0], digits: mail.text.match(/\b\d{6}\b/)?.[0] }
  }

  /** What a browser does with a link: opens the page, presses its button, and is sent on. */
  async function follow(link) {
    const page = await (await fetch(link)).text()
    const fields = new URLSearchParams([...page.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
      name, value.replaceAll('&amp;', '&'),
    ]))
    const answer = await fetch(new URL('verify', link), { method: 'POST', body: fields, redirect: 'manual' })
    assert.equal(answer.status, 303)
    return new URL(answer.headers.get('location'))
  }

  /** A client that keeps its verifier, as one in a browser does. */
  function pkceClient() {
    const kept = new Map()
    return createClient(evolv.API_URL, evolv.PUBLISHABLE_KEY, {
      realtime: { transport: ws },
      auth: {
        flowType: 'pkce', autoRefreshToken: false, persistSession: true,
        storage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) },
      },
    })
  }

  /** Somebody with a confirmed address. */
  async function signUp(supabase = clientFor(evolv)) {
    const email = newAddress()
    const { error } = await supabase.auth.signUp({ email, password })
    assert.equal(error, null)
    const { data, error: refused } = await supabase.auth.verifyOtp({ email, token: (await mailTo(email)).digits, type: 'signup' })
    assert.equal(refused, null)
    return { supabase, email, id: data.user.id }
  }

  it('signs up, asks for a confirmation, and lets in by digits', async () => {
    const supabase = clientFor(evolv)
    const email = newAddress()

    const { data: asked, error } = await supabase.auth.signUp({ email, password, options: { data: { full_name: 'Ada' } } })
    const early = await supabase.auth.signInWithPassword({ email, password })
    const again = await supabase.auth.resend({ type: 'signup', email })
    const { data, error: refused } = await supabase.auth.verifyOtp({ email, token: (await mailTo(email)).digits, type: 'email' })

    assert.equal(error, null)
    assert.equal(asked.session, null)
    assert.equal(asked.user.identities.length, 1)
    assert.equal(early.error.code, 'email_not_confirmed')
    assert.equal(again.error, null)
    assert.equal(refused, null)
    assert.equal(data.user.id, asked.user.id)
    assert.equal((await supabase.auth.signInWithPassword({ email, password })).error, null)
  })

  it('signs in by a magic link with PKCE', async () => {
    const { email, id } = await signUp()
    const supabase = pkceClient()

    const { error } = await supabase.auth.signInWithOtp({ email, options: { emailRedirectTo: 'http://localhost:3000/welcome' } })
    const landing = await follow((await mailTo(email)).link)
    const { data, error: refused } = await supabase.auth.exchangeCodeForSession(landing.searchParams.get('code'))

    assert.equal(error, null)
    assert.equal(landing.origin + landing.pathname, 'http://localhost:3000/welcome')
    assert.equal(refused, null)
    assert.equal(data.user.id, id)
    assert.equal((await supabase.auth.getClaims()).data.claims.amr[0].method, 'magiclink')
  })

  it('signs in by a magic link without PKCE', async () => {
    const { email, id } = await signUp()
    const supabase = clientFor(evolv)

    await supabase.auth.signInWithOtp({ email })
    const parts = new URLSearchParams((await follow((await mailTo(email)).link)).hash.slice(1))
    const { data } = await supabase.auth.setSession({ access_token: parts.get('access_token'), refresh_token: parts.get('refresh_token') })

    assert.equal(data.user.id, id)
    assert.deepEqual([parts.get('type'), parts.get('token_type'), parts.get('sb')], ['magiclink', 'bearer', ''])
  })

  it('makes an account by mail alone', async () => {
    const supabase = clientFor(evolv)
    const email = newAddress()

    await supabase.auth.signInWithOtp({ email, options: { data: { full_name: 'Bob' } } })
    const { data } = await supabase.auth.verifyOtp({ email, token: (await mailTo(email)).digits, type: 'email' })

    assert.equal(data.user.user_metadata.full_name, 'Bob')
    assert.equal((await supabase.auth.getUser()).data.user.email, email)
  })

  it('recovers a forgotten password', async () => {
    const { email } = await signUp()
    const supabase = pkceClient()
    const events = []
    supabase.auth.onAuthStateChange((event) => events.push(event))

    assert.equal((await supabase.auth.resetPasswordForEmail(email, { redirectTo: 'http://localhost:3000/new' })).error, null)
    const code = (await follow((await mailTo(email)).link)).searchParams.get('code')
    const exchanged = await supabase.auth.exchangeCodeForSession(code)
    const { error } = await supabase.auth.updateUser({ password: 'a new long password' })

    assert.equal(exchanged.error, null)
    assert.equal(exchanged.data.redirectType, 'recovery')
    assert.equal(error, null)
    assert.equal((await clientFor(evolv).auth.signInWithPassword({ email, password })).error.code, 'invalid_credentials')
    assert.equal((await clientFor(evolv).auth.signInWithPassword({ email, password: 'a new long password' })).error, null)
  })

  it('says nothing of who has an account', async () => {
    const { email } = await signUp()
    const supabase = clientFor(evolv)

    const recovered = await supabase.auth.resetPasswordForEmail('nobody@example.com')
    const repeated = await supabase.auth.signUp({ email, password: 'another long password' })

    assert.equal(recovered.error, null)
    assert.equal(repeated.error, null)
    assert.equal(repeated.data.user.identities.length, 1)
    assert.equal((await mailTo(email)).kind, 'repeated_signup')
  })

  it('changes an address when both mailboxes agree', async () => {
    const { supabase, email } = await signUp()
    const next = newAddress()

    const { data } = await supabase.auth.updateUser({ email: next })
    const first = await supabase.auth.verifyOtp({ email: next, token: (await mailTo(next)).digits, type: 'email_change' })
    const second = await supabase.auth.verifyOtp({ email, token: (await mailTo(email)).digits, type: 'email_change' })

    assert.equal(data.user.new_email, next)
    assert.equal(first.data.session, null)
    assert.equal(second.data.user.email, next)
  })

  it('lets a guest stay under a confirmed address', async () => {
    const supabase = clientFor(evolv)
    const { data: guest } = await supabase.auth.signInAnonymously()
    const email = newAddress()

    await supabase.auth.updateUser({ email, password })
    const { data } = await supabase.auth.verifyOtp({ email, token: (await mailTo(email)).digits, type: 'email_change' })

    assert.deepEqual([data.user.id, data.user.is_anonymous, data.user.email], [guest.user.id, false, email])
    const { data: profile } = await supabase.from('profiles').select('is_guest').eq('id', data.user.id).single()
    assert.equal(profile.is_guest, false)
  })

  it('mails a nonce', async () => {
    const { supabase, email } = await signUp()

    const { error } = await supabase.auth.reauthenticate()

    assert.equal(error, null)
    assert.equal((await mailTo(email)).kind, 'reauthentication')
  })

  it('has no phones', async () => {
    const supabase = clientFor(evolv)

    assert.equal((await supabase.auth.signUp({ phone: '+4912345678', password })).error.code, 'phone_provider_disabled')
    assert.equal((await supabase.auth.signInWithOtp({ phone: '+4912345678' })).error.code, 'phone_provider_disabled')
    assert.equal((await supabase.auth.signInWithPassword({ phone: '+4912345678', password })).error.code, 'phone_provider_disabled')
  })

  describe('in a browser', () => {
    let browser, app
    before(async () => {
      app = await serveApp()
      browser = await launchBrowser()
    })
    after(async () => {
      await browser?.close()
      app?.close()
    })

    /** A page of the app with the stock client, which reads the address as it does in every app. */
    async function open(context, flowType) {
      const tab = await context.newPage()
      await tab.goto(`http://localhost:${app.address().port}/`)
      await tab.evaluate(({ url, key, flowType }) => {
        window.client = window.supabase.createClient(url, key, { auth: { flowType } })
      }, { url: evolv.API_URL, key: evolv.PUBLISHABLE_KEY, flowType })
      return tab
    }

    for (const flowType of ['pkce', 'implicit']) {
      it(`signs in by the link and its button, with the keyboard alone (${flowType})`, async () => {
        const { email, id } = await signUp()
        const context = await browser.newContext({ viewport: { width: 360, height: 640 } })
        const tab = await open(context, flowType)
        await tab.evaluate(({ email, back }) => window.client.auth.signInWithOtp({ email, options: { emailRedirectTo: back } }), {
          email, back: `http://localhost:${app.address().port}/`,
        })

        const complaints = []
        tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
        await tab.goto((await mailTo(email)).link)
        assert.equal(await tab.locator('h1').textContent(), 'One more step')
        assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'too wide for a phone')
        if (process.env.SCREENSHOTS) await tab.screenshot({ path: `${process.env.SCREENSHOTS}/verify-${flowType}.png` })
        await tab.keyboard.press('Enter')
        await tab.waitForURL(`http://localhost:${app.address().port}/**`)
        const signedIn = await tab.evaluate(async ({ url, key, flowType }) => {
          window.client = window.supabase.createClient(url, key, { auth: { flowType } })
          return (await window.client.auth.getUser()).data.user?.id
        }, { url: evolv.API_URL, key: evolv.PUBLISHABLE_KEY, flowType })

        assert.equal(signedIn, id)
        assert.deepEqual(complaints, [])
        await context.close()
      })
    }

    it('shows caught mails', async () => {
      const { email } = await signUp()
      const tab = await browser.newPage()

      await tab.goto(`${evolv.API_URL}/mail`)
      await tab.locator('summary', { hasText: email }).first().click()

      assert.match(await tab.locator('details[open] pre').textContent(), /Confirm the address/)
      if (process.env.SCREENSHOTS) await tab.screenshot({ path: `${process.env.SCREENSHOTS}/mail.png` })
    })
  })
})
