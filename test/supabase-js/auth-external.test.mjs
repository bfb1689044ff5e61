import { createClient } from '@supabase/supabase-js'
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import ws from 'ws'
import { clientFor, password, signUp } from './clients.mjs'
import { follow, startWithProvider } from './oidc.mjs'

const app = 'http://localhost:3000/'

describe('external identities', () => {
  let evolv
  before(async () => (evolv = await startWithProvider()))
  after(() => evolv.stop())

  const pkceClient = () => createClient(evolv.API_URL, evolv.PUBLISHABLE_KEY, {
    auth: { persistSession: false, autoRefreshToken: false, flowType: 'pkce' },
    realtime: { transport: ws },
  })

  const options = (login, more) => ({ redirectTo: app, queryParams: { login_hint: login }, ...more })

  /** Signs somebody in as a page with the implicit flow does. */
  async function signIn(login, supabase = clientFor(evolv)) {
    const { data, error } = await supabase.auth.signInWithOAuth({ provider: 'keycloak', options: options(login) })
    assert.equal(error, null)
    const fragment = new URLSearchParams((await follow(data.url, app)).hash.slice(1))
    const session = await supabase.auth.setSession({
      access_token: fragment.get('access_token'), refresh_token: fragment.get('refresh_token'),
    })
    assert.equal(session.error, null)
    return { supabase, fragment, user: session.data.user }
  }

  it('signs in by the implicit flow, and again into the same account', async () => {
    const { user, fragment } = await signIn('ada')

    assert.equal(user.email, 'ada@provider.example.com')
    assert.deepEqual(user.app_metadata, { provider: 'keycloak', providers: ['keycloak'] })
    assert.equal(user.user_metadata.full_name, 'Ada of the provider')
    assert.ok(fragment.get('provider_token') && fragment.get('provider_refresh_token'))
    assert.equal((await signIn('ada')).user.id, user.id)
  })

  it('signs in by PKCE, for whoever has the verifier', async () => {
    const supabase = pkceClient()
    const { data } = await supabase.auth.signInWithOAuth({ provider: 'keycloak', options: options('bob') })
    const back = await follow(data.url, app)

    const stolen = await pkceClient().auth.exchangeCodeForSession(back.searchParams.get('code'))
    const { data: session, error } = await supabase.auth.exchangeCodeForSession(back.searchParams.get('code'))

    assert.notEqual(stolen.error, null)
    assert.equal(error, null)
    assert.equal(session.user.email, 'bob@provider.example.com')
    assert.ok(session.session.provider_token && session.session.provider_refresh_token)
    assert.equal((await supabase.auth.getUser()).data.user.id, session.user.id)
    const claims = (await supabase.auth.getClaims()).data.claims
    assert.deepEqual(claims.amr.map(({ method }) => method), ['oauth'])
  })

  it('brings refusals back to the page', async () => {
    const supabase = clientFor(evolv)
    const { data } = await supabase.auth.signInWithOAuth({ provider: 'keycloak', options: options('refused') })

    const back = await follow(data.url, app)

    assert.deepEqual([back.searchParams.get('error'), back.searchParams.get('error_description')], ['access_denied', 'End-User aborted interaction'])
    assert.equal(new URLSearchParams(back.hash.slice(1)).get('error'), 'access_denied')
  })

  it('links to a person and unlinks again', async () => {
    const { supabase, id } = await signUp(evolv, 'grace')
    const { data, error } = await supabase.auth.linkIdentity({ provider: 'keycloak', options: options('grace') })
    assert.equal(error, null)

    const back = new URLSearchParams((await follow(data.url, app)).hash.slice(1))
    await supabase.auth.setSession({ access_token: back.get('access_token'), refresh_token: back.get('refresh_token') })

    const { data: { identities } } = await supabase.auth.getUserIdentities()
    assert.deepEqual(identities.map(({ provider, user_id }) => [provider, user_id]), [['email', id], ['keycloak', id]])
    assert.equal((await signIn('grace')).user.id, id)

    const linked = identities.find(({ provider }) => provider === 'keycloak')
    assert.equal((await supabase.auth.unlinkIdentity(linked)).error, null)
    const last = await supabase.auth.unlinkIdentity(identities[0])
    assert.equal(last.error.code, 'single_identity_not_deletable')
    assert.notEqual((await signIn('grace')).user.id, id)
  })

  it('makes a guest a person who keeps everything, by PKCE', async () => {
    const supabase = pkceClient()
    const { data: guest } = await supabase.auth.signInAnonymously()
    const { data } = await supabase.auth.linkIdentity({ provider: 'keycloak', options: options('heidi') })

    const { data: session, error } = await supabase.auth.exchangeCodeForSession((await follow(data.url, app)).searchParams.get('code'))

    assert.equal(error, null)
    assert.deepEqual(
      [session.user.id, session.user.is_anonymous, session.user.email], [guest.user.id, false, 'heidi@provider.example.com'])
    const { data: profile } = await supabase.from('profiles').select('is_guest').eq('id', guest.user.id).single().throwOnError()
    assert.equal(profile.is_guest, false)
  })

  it('joins a confirmed account of the same verified address', async () => {
    const supabase = clientFor(evolv)
    const email = 'ivan@provider.example.com'
    const { data } = await supabase.auth.signUp({ email, password })
    // The address is shown to be his by a mail.
    await supabase.auth.signInWithOtp({ email })
    const [mail] = await (await fetch(`${evolv.API_URL}/mail`)).json()
    await supabase.auth.verifyOtp({ email, token: mail.text.match(/\b\d{6}\b/)[0], type: 'email' })

    const { user } = await signIn('ivan')

    assert.equal(user.id, data.user.id)
    assert.deepEqual(user.app_metadata, { provider: 'email', providers: ['email', 'keycloak'] })
  })

  it('takes no ID token that is none, for signing in and for linking', async () => {
    const supabase = clientFor(evolv)
    const bad = await supabase.auth.signInWithIdToken({ provider: 'keycloak', token: 'mock-id-token' })
    const off = await supabase.auth.signInWithIdToken({ provider: 'google', token: 'mock-id-token' })
    const { supabase: grace } = await signUp(evolv)
    const link = await grace.auth.linkIdentity({ provider: 'keycloak', token: 'mock-id-token' })

    assert.deepEqual([bad.error.message, bad.data.session], ['Bad ID token', null])
    assert.deepEqual([off.error.code, off.error.message], ['provider_disabled', 'Provider (issuer "https://accounts.google.com") is not enabled'])
    assert.equal(link.error.message, 'Bad ID token')
  })

  it('signs in and links by an ID token of the provider', async () => {
    const [first, second] = [await idToken('judy'), await idToken('judy')]
    const { data, error } = await clientFor(evolv).auth.signInWithIdToken({ provider: 'keycloak', token: first })
    const { data: again } = await clientFor(evolv).auth.signInWithIdToken({ provider: 'keycloak', token: second })
    const guest = clientFor(evolv)
    const { data: anonymous } = await guest.auth.signInAnonymously()
    const { data: linked, error: refused } = await guest.auth.linkIdentity({ provider: 'keycloak', token: await idToken('kim') })
    const another = await guest.auth.linkIdentity({ provider: 'keycloak', token: await idToken('judy') })

    assert.deepEqual([error, refused], [null, null])
    assert.equal(again.user.id, data.user.id)
    assert.equal(data.user.identities[0].id, 'judy')
    assert.deepEqual([linked.user.id, linked.user.is_anonymous], [anonymous.user.id, false])
    assert.deepEqual([another.error.code, another.error.message], ['identity_already_exists', 'Identity is already linked to another user'])
  })

  it('answers what it does not speak as a GoTrue that has it switched off', async () => {
    const { error } = await clientFor(evolv).auth.signInWithSSO({ domain: 'example.com' })
    const { data: settings } = await fetch(`${evolv.API_URL}/auth/v1/settings`).then(async (answer) => ({ data: await answer.json() }))

    assert.deepEqual([error.code, error.message, error.status], ['saml_provider_disabled', 'SAML 2.0 is disabled', 404])
    assert.deepEqual([settings.external.keycloak, settings.external.google], [true, false])
  })

  /** What an app on a phone gets from the provider's library: it is the same client, at an address of its own. */
  async function idToken(login) {
    const verifier = 'a-verifier-of-forty-three-characters-or-more-of-them'
    const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url')
    const native = `${evolv.API_URL}/auth/v1/callback`
    const query = new URLSearchParams({
      client_id: 'evolv', redirect_uri: native, response_type: 'code', scope: 'openid', login_hint: login, code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const code = (await follow(`${evolv.issuer}/auth?${query}`, native)).searchParams.get('code')
    const answer = await fetch(`${evolv.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('evolv:evolv-secret-for-tests').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: native, code_verifier: verifier }),
    })
    return (await answer.json()).id_token
  }
})
