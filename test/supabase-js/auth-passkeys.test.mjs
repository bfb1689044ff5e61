// Passkeys as the stock client calls them: step by step with an authenticator of our own, and whole in a browser with a virtual one.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launchBrowser, serveApp } from './browser.mjs'
import { clientFor, password, signUp } from './clients.mjs'
import { startEvolv } from './server.mjs'
import { softwareAuthenticator } from './software-authenticator.mjs'

const nobody = '00000000-0000-0000-0000-000000000000'
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const codeOf = ({ error }) => [error.status, error.code]

describe('auth.passkey', () => {
  let evolv, admin
  before(async () => {
    evolv = await startEvolv() // As it is without settings.
    admin = clientFor(evolv, evolv.SECRET_KEY).auth.admin
  })
  after(() => evolv.stop())

  async function register(supabase, authenticator) {
    const { data, error } = await supabase.auth.passkey.startRegistration()
    if (error) throw error
    return supabase.auth.passkey.verifyRegistration({ challengeId: data.challenge_id, credential: authenticator.create(data.options) })
  }

  /** Somebody, their passkey and its id. */
  async function signUpWithPasskey() {
    const person = await signUp(evolv, 'ada')
    const authenticator = softwareAuthenticator()
    const { data, error } = await register(person.supabase, authenticator)
    assert.equal(error, null)
    return { ...person, authenticator, passkeyId: data.id }
  }

  async function signIn(authenticator, supabase = clientFor(evolv)) {
    const { data, error } = await supabase.auth.passkey.startAuthentication()
    assert.equal(error, null)
    return supabase.auth.passkey.verifyAuthentication({ challengeId: data.challenge_id, credential: authenticator.get(data.options) })
  }

  it('is announced', async () => {
    const settings = await (await fetch(`${evolv.API_URL}/auth/v1/settings`, { headers: { apikey: evolv.PUBLISHABLE_KEY } })).json()

    assert.equal(settings.passkeys_enabled, true)
  })

  it('begins a registration', async () => {
    const { supabase } = await signUp(evolv, 'ada')

    const { data, error } = await supabase.auth.passkey.startRegistration()

    assert.equal(error, null)
    assert.match(data.challenge_id, uuid)
    assert.ok(data.expires_at > Date.now() / 1000)
    assert.equal(data.options.rp.id, 'localhost')
    assert.match(data.options.challenge, /^[\w-]{43}$/)
    assert.equal(typeof data.options.user.id, 'string')
    assert.deepEqual(data.options.pubKeyCredParams[0], { type: 'public-key', alg: -7 })
    assert.equal(data.options.authenticatorSelection.residentKey, 'required')
  })

  it('needs a session for it', async () => {
    const { data, error } = await clientFor(evolv).auth.passkey.startRegistration()

    assert.equal(data, null)
    assert.equal(error.name, 'AuthSessionMissingError')
  })

  it('refuses a challenge that is nobody\'s', async () => {
    const { supabase, authenticator } = await signUpWithPasskey()
    const { data } = await supabase.auth.passkey.startRegistration()

    const refused = await supabase.auth.passkey.verifyRegistration({ challengeId: nobody, credential: authenticator.create(data.options) })

    assert.equal(refused.data, null)
    assert.equal(refused.error.name, 'AuthApiError')
    assert.deepEqual(codeOf(refused), [400, 'webauthn_challenge_not_found'])
  })

  it('lists, renames and deletes', async () => {
    const { supabase, authenticator, passkeyId } = await signUpWithPasskey()

    const { data: listed, error } = await supabase.auth.passkey.list()
    const { data: renamed } = await supabase.auth.passkey.update({ passkeyId, friendlyName: 'my key' })
    const { data: relisted } = await supabase.auth.passkey.list()
    const unknown = await supabase.auth.passkey.update({ passkeyId: nobody, friendlyName: 'x' })
    const deleted = await supabase.auth.passkey.delete({ passkeyId })
    const { data: left } = await supabase.auth.passkey.list()

    assert.equal(error, null)
    assert.deepEqual(listed, [{ id: passkeyId, friendly_name: 'Passkey', created_at: listed[0].created_at }])
    assert.deepEqual([renamed.id, renamed.friendly_name], [passkeyId, 'my key'])
    assert.equal(relisted[0].friendly_name, 'my key')
    assert.deepEqual(codeOf(unknown), [404, 'validation_failed'])
    assert.deepEqual(deleted, { data: null, error: null })
    assert.deepEqual(left, [])
    assert.deepEqual(codeOf(await signIn(authenticator)), [400, 'webauthn_verification_failed'])
  })

  it('signs in', async () => {
    const { supabase: owner, authenticator, id } = await signUpWithPasskey()
    const supabase = clientFor(evolv)
    const events = []
    supabase.auth.onAuthStateChange((event) => events.push(event))

    const { data: begun } = await supabase.auth.passkey.startAuthentication()
    const { data, error } = await supabase.auth.passkey.verifyAuthentication({
      challengeId: begun.challenge_id, credential: authenticator.get(begun.options),
    })

    assert.match(begun.challenge_id, uuid)
    assert.equal(begun.options.allowCredentials, undefined)
    assert.equal(error, null)
    assert.equal(data.user.id, id)
    assert.ok(events.includes('SIGNED_IN'))
    assert.equal((await supabase.auth.getSession()).data.session.access_token, data.session.access_token)
    assert.equal((await supabase.auth.getUser()).data.user.id, id)
    assert.equal((await supabase.auth.refreshSession()).error, null)
    const { data: claims } = await supabase.auth.getClaims()
    assert.deepEqual([claims.claims.aal, claims.claims.amr.map(({ method }) => method)], ['aal1', ['passkey']])
    assert.equal(typeof (await owner.auth.passkey.list()).data[0].last_used_at, 'string')
  })

  it('refuses a challenge that comes again', async () => {
    const { authenticator } = await signUpWithPasskey()
    const supabase = clientFor(evolv)
    const { data } = await supabase.auth.passkey.startAuthentication()
    const answer = { challengeId: data.challenge_id, credential: authenticator.get(data.options) }

    const first = await supabase.auth.passkey.verifyAuthentication(answer)
    const second = await supabase.auth.passkey.verifyAuthentication(answer)

    assert.equal(first.error, null)
    assert.equal(second.data, null)
    assert.deepEqual(codeOf(second), [400, 'webauthn_challenge_not_found'])
  })

  it('refuses a key that was never registered', async () => {
    const { supabase } = await signUpWithPasskey()
    const unregistered = softwareAuthenticator()
    unregistered.create((await supabase.auth.passkey.startRegistration()).data.options)

    const refused = await signIn(unregistered)

    assert.equal(refused.data, null)
    assert.deepEqual(codeOf(refused), [400, 'webauthn_verification_failed'])
  })

  it('refuses a page elsewhere', async () => {
    const { supabase } = await signUp(evolv, 'ada')

    assert.deepEqual(codeOf(await register(supabase, softwareAuthenticator({ origin: 'https://evil.example' }))), [400, 'webauthn_verification_failed'])
    assert.deepEqual(codeOf(await register(supabase, softwareAuthenticator({ rpId: 'evil.example' }))), [400, 'webauthn_verification_failed'])
    assert.equal((await register(supabase, softwareAuthenticator({ origin: 'http://localhost:3000' }))).error, null)
  })

  it('is administered', async () => {
    const { supabase, id, passkeyId } = await signUpWithPasskey()
    const { data: second } = await register(supabase, softwareAuthenticator())

    const { data: listed, error } = await admin.passkey.listPasskeys({ userId: id })
    const deleted = await admin.passkey.deletePasskey({ userId: id, passkeyId: second.id })
    const { data: left } = await admin.passkey.listPasskeys({ userId: id })

    assert.equal(error, null)
    assert.deepEqual(listed.map((passkey) => passkey.id), [passkeyId, second.id])
    assert.equal(deleted.error, null)
    assert.deepEqual(left.map((passkey) => passkey.id), [passkeyId])
  })
})

describe('a browser with passkeys', () => {
  let evolv, app, browser
  before(async () => {
    evolv = await startEvolv()
    app = await serveApp()
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    app?.close()
    await evolv.stop()
  })

  /** A page of the app on a device that knows its owner, as the options say. */
  async function open(device = {}) {
    const tab = await (await browser.newContext()).newPage()
    const cdp = await tab.context().newCDPSession(tab)
    await cdp.send('WebAuthn.enable')
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
        automaticPresenceSimulation: true, ...device,
      },
    })
    await tab.goto(`http://localhost:${app.address().port}/`)
    await tab.evaluate(({ url, key }) => {
      window.client = window.supabase.createClient(url, key)
    }, { url: evolv.API_URL, key: evolv.PUBLISHABLE_KEY })
    return { tab, cdp, authenticatorId }
  }

  const inPage = (tab, method, ...given) => tab.evaluate(async ({ method, given }) => {
    const { data, error } = await window.client.auth[method](...given)
    return { data, error: error && { name: error.name, code: error.code, message: error.message } }
  }, { method, given })

  const enter = (tab) => inPage(tab, 'signUp', { email: `lena-${Math.random()}@example.com`, password })

  for (const [name, device] of [
    ['a phone', {}],
    ['a phone that backs up', { defaultBackupEligibility: true, defaultBackupState: true }],
    ['a security key', { transport: 'usb' }],
  ]) {
    it(`registers and signs in with ${name}`, async () => {
      const { tab, cdp, authenticatorId } = await open(device)
      const { data: signedUp } = await enter(tab)

      const registered = await inPage(tab, 'registerPasskey')
      await inPage(tab, 'signOut')
      const first = await inPage(tab, 'signInWithPasskey')
      await inPage(tab, 'signOut')
      const second = await inPage(tab, 'signInWithPasskey')

      assert.equal(registered.error, null)
      assert.match(registered.data.id, uuid)
      for (const signedIn of [first, second]) {
        assert.equal(signedIn.error, null)
        assert.equal(signedIn.data.user.id, signedUp.user.id)
      }
      await tab.reload()
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
      assert.equal(credentials.length, 1)
      assert.deepEqual(
        [credentials[0].rpId, Buffer.from(credentials[0].userHandle, 'base64').toString()], ['localhost', signedUp.user.id])
      await tab.close()
    })
  }

  it('makes no second passkey on a device that has one', async () => {
    const { tab } = await open()
    await enter(tab)
    assert.equal((await inPage(tab, 'registerPasskey')).error, null)

    const again = await inPage(tab, 'registerPasskey')

    assert.equal(again.data, null)
    assert.equal(again.error.code, 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED')
    await tab.close()
  })

  it('does not sign in with a passkey that was deleted', async () => {
    const { tab } = await open()
    await enter(tab)
    const { data: passkey } = await inPage(tab, 'registerPasskey')
    await tab.evaluate((passkeyId) => window.client.auth.passkey.delete({ passkeyId }), passkey.id)
    await inPage(tab, 'signOut')

    const refused = await inPage(tab, 'signInWithPasskey')

    assert.equal(refused.data, null)
    assert.equal(refused.error.code, 'webauthn_verification_failed')
    await tab.close()
  })
})
