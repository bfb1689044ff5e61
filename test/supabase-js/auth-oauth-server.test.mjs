import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import * as openid from 'openid-client'
import { launchBrowser, serveApp } from './browser.mjs'
import { clientFor, signUp } from './clients.mjs'
import { startEvolv } from './server.mjs'

const redirect = 'https://tool.example.com/callback'

describe('OAuth server', () => {
  let evolv, admin
  before(async () => {
    evolv = await startEvolv({ EVOLV__AUTH__OAUTHSERVER__ALLOWDYNAMICREGISTRATION: 'true' })
    admin = clientFor(evolv, evolv.SECRET_KEY).auth.admin.oauth
  })
  after(() => evolv.stop())

  const params = (more) => ({
    client_name: 'Plans', redirect_uris: [redirect, 'https://example.com/callback/2'],
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], ...more,
  })

  /** A client written against the standards, which knows the issuer and what it was registered with. */
  const discover = (client, method) => openid.discovery(
    new URL(`${evolv.API_URL}/auth/v1`), client.client_id, client.client_secret, method, { execute: [openid.allowInsecureRequests] })

  /** Sends a browser to the server, and reads which authorization the consent page is told of. */
  async function begin(config, scope = 'openid email profile', redirectUri = redirect) {
    const flow = { pkceCodeVerifier: openid.randomPKCECodeVerifier(), expectedState: openid.randomState(), expectedNonce: openid.randomNonce() }
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri, scope, state: flow.expectedState, nonce: flow.expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(flow.pkceCodeVerifier), code_challenge_method: 'S256',
    })
    const answer = await fetch(url, { redirect: 'manual' })
    assert.equal(answer.status, 302)
    const page = new URL(answer.headers.get('location'))
    assert.equal(page.origin + page.pathname, `${evolv.API_URL}/oauth/consent`)
    return { flow, url, id: page.searchParams.get('authorization_id') }
  }

  const exchange = (config, redirectUrl, flow) =>
    openid.authorizationCodeGrant(config, new URL(redirectUrl), { ...flow, idTokenExpected: true })

  describe('auth.admin.oauth', () => {
    it('creates, gets, updates and deletes a client', async () => {
      const { data: created, error } = await admin.createClient(params())
      assert.equal(error, null)
      assert.ok(created.client_id && created.client_secret)
      assert.equal(created.client_name, 'Plans')

      const { data: got } = await admin.getClient(created.client_id)
      assert.deepEqual({ ...got, client_secret: created.client_secret }, created)
      assert.equal('client_secret' in got, false)

      const { data: updated } = await admin.updateClient(created.client_id, { client_name: 'Better plans', logo_uri: 'http://example.com/logo.png' })
      assert.deepEqual([updated.client_name, updated.logo_uri], ['Better plans', 'http://example.com/logo.png'])
      const { data: partly } = await admin.updateClient(created.client_id, { logo_uri: 'https://example.com/new.png' })
      assert.deepEqual([partly.client_name, partly.logo_uri], ['Better plans', 'https://example.com/new.png'])

      assert.equal((await admin.deleteClient(created.client_id)).error, null)
      const gone = await admin.getClient(created.client_id)
      assert.deepEqual([gone.data, gone.error.status, gone.error.code], [null, 404, 'oauth_client_not_found'])
    })

    it('lists by pages', async () => {
      const ids = []
      for (let i = 0; i < 3; i++) ids.push((await admin.createClient(params({ client_name: `Tool ${i}` }))).data.client_id)

      const { data: all, error } = await admin.listClients()
      assert.equal(error, null)
      for (const id of ids) assert.ok(all.clients.some(({ client_id }) => client_id === id))
      const { data: page } = await admin.listClients({ page: 1, perPage: 2 })
      assert.deepEqual(page.clients.map(({ client_id }) => client_id), [ids[2], ids[1]])
      assert.deepEqual([page.nextPage, page.total], [2, all.clients.length])
      for (const id of ids) await admin.deleteClient(id)
    })

    it('regenerates a secret', async () => {
      const { data: created } = await admin.createClient(params())
      const { data: renewed, error } = await admin.regenerateClientSecret(created.client_id)
      assert.equal(error, null)
      assert.ok(renewed.client_secret && renewed.client_secret !== created.client_secret)
    })

    it('takes what is needed and no more, and several addresses', async () => {
      const { data: minimal, error } = await admin.createClient({ client_name: 'Small', redirect_uris: [redirect] })
      assert.equal(error, null)
      assert.deepEqual([minimal.grant_types, minimal.response_types], [['authorization_code', 'refresh_token'], ['code']])
      const uris = [redirect, 'http://localhost:3000/callback', 'https://app.example.com/auth']
      assert.deepEqual((await admin.createClient({ client_name: 'Many', redirect_uris: uris })).data.redirect_uris, uris)
    })

    it('refuses what is wrong, and everybody else', async () => {
      const none = await admin.createClient({ client_name: 'None', redirect_uris: [] })
      assert.deepEqual([none.data, none.error.message], [null, 'redirect_uris is required'])
      assert.equal((await admin.getClient('00000000-0000-0000-0000-000000000000')).error.status, 404)
      const { supabase } = await signUp(evolv, 'eve')
      const refused = await supabase.auth.admin.oauth.listClients()
      assert.deepEqual([refused.data, refused.error.code], [{ clients: [] }, 'not_admin'])
    })
  })

  describe('a client that others wrote', () => {
    it('signs a person in who approves, refreshes, and is thrown out', async () => {
      const { data: client } = await admin.createClient(params())
      const config = await discover(client, openid.ClientSecretBasic(client.client_secret))
      const { supabase, id: personId, email } = await signUp(evolv, 'ada')

      const { flow, id } = await begin(config)
      const { data: details, error } = await supabase.auth.oauth.getAuthorizationDetails(id)
      assert.equal(error, null)
      assert.deepEqual(details, {
        authorization_id: id, redirect_uri: redirect, client: { id: client.client_id, name: 'Plans' },
        user: { id: personId, email }, scope: 'openid email profile',
      })
      const { data: approved } = await supabase.auth.oauth.approveAuthorization(id)
      const tokens = await exchange(config, approved.redirect_url, flow)

      assert.deepEqual([tokens.claims().sub, tokens.claims().email, tokens.claims().name], [personId, email, 'ada'])
      const info = await openid.fetchUserInfo(config, tokens.access_token, personId)
      assert.deepEqual([info.email, info.email_verified, info.user_metadata.full_name], [email, tokens.claims().email_verified, 'ada'])

      // It may also be an app that uses supabase-js.
      const app = clientFor(evolv)
      assert.equal((await app.auth.getUser(tokens.access_token)).data.user.id, personId)
      const { data: { claims } } = await app.auth.getClaims(tokens.access_token)
      assert.deepEqual([claims.client_id, claims.scope], [client.client_id, 'openid email profile'])

      const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token)
      assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
      assert.equal((await openid.fetchUserInfo(config, refreshed.access_token, personId)).sub, personId)

      const { data: grants } = await supabase.auth.oauth.listGrants()
      assert.deepEqual(grants.map(({ client, scopes }) => [client.id, scopes]), [[client.client_id, ['openid', 'email', 'profile']]])
      assert.equal((await supabase.auth.oauth.revokeGrant({ clientId: client.client_id })).error, null)
      await assert.rejects(openid.refreshTokenGrant(config, refreshed.refresh_token), { error: 'invalid_grant', status: 400 })
      await assert.rejects(openid.fetchUserInfo(config, refreshed.access_token, personId))
      assert.deepEqual((await supabase.auth.oauth.listGrants()).data, [])
    })

    it('is let in at once the second time, and told when the person denies', async () => {
      const { data: client } = await admin.createClient(params({ token_endpoint_auth_method: 'client_secret_post' }))
      const config = await discover(client, openid.ClientSecretPost(client.client_secret))
      const { supabase } = await signUp(evolv, 'bob')
      const first = await begin(config, 'openid')
      await supabase.auth.oauth.getAuthorizationDetails(first.id)
      const { data: denied } = await supabase.auth.oauth.denyAuthorization(first.id)
      await assert.rejects(exchange(config, denied.redirect_url, first.flow), { error: 'access_denied' })

      const second = await begin(config, 'openid')
      await supabase.auth.oauth.getAuthorizationDetails(second.id)
      const { data: approved } = await supabase.auth.oauth.approveAuthorization(second.id)
      await exchange(config, approved.redirect_url, second.flow)
      const third = await begin(config, 'openid')
      const { data: remembered } = await supabase.auth.oauth.getAuthorizationDetails(third.id)
      assert.deepEqual(Object.keys(remembered), ['redirect_url'])
      await exchange(config, remembered.redirect_url, third.flow)

      await assert.rejects(exchange(config, remembered.redirect_url, third.flow), { error: 'invalid_grant' })
      const wrong = await discover(client, openid.ClientSecretPost('wrong'))
      await assert.rejects(openid.refreshTokenGrant(wrong, 'x'), { error: 'invalid_client', status: 401 })
    })

    it('registers itself, as clients of MCP do, and needs no secret', async () => {
      const config = await openid.dynamicClientRegistration(
        new URL(`${evolv.API_URL}/auth/v1`), { client_name: 'Agent', redirect_uris: ['http://127.0.0.1:7777/cb'], token_endpoint_auth_method: 'none' },
        openid.None(), { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] })
      const { supabase, id: personId } = await signUp(evolv, 'grace')
      const { flow, id } = await begin(config, 'openid', 'http://127.0.0.1:7777/cb')
      const { data } = await supabase.auth.oauth.getAuthorizationDetails(id)
      assert.equal(data.client.name, 'Agent')
      const { data: approved } = await supabase.auth.oauth.approveAuthorization(id)
      const tokens = await exchange(config, approved.redirect_url, flow)

      assert.equal(tokens.claims().sub, personId)
      assert.ok((await openid.refreshTokenGrant(config, tokens.refresh_token)).access_token)
    })
  })

  it('brings a browser from the client over the consent page back to the client', async () => {
    const app = await serveApp()
    const tool = createServer((request, response) => response.end(request.url))
    await new Promise((resolve) => tool.listen(0, '127.0.0.1', resolve))
    const [page, back] = [app, tool].map((server) => `http://127.0.0.1:${server.address().port}/`)
    const browser = await launchBrowser()
    try {
      const { data: client } = await admin.createClient(params({ redirect_uris: [back], token_endpoint_auth_method: 'none' }))
      const config = await discover(client, openid.None())
      const { session } = await signUp(evolv, 'linus')
      const { flow, id } = await begin(config, 'openid', back)
      const tab = await browser.newPage()
      await tab.goto(`${page}oauth/consent?authorization_id=${id}`)

      await tab.evaluate(async ({ url, key, session }) => {
        const { auth } = window.supabase.createClient(url, key)
        await auth.setSession(session)
        const id = new URLSearchParams(location.search).get('authorization_id')
        const { data, error } = await auth.oauth.getAuthorizationDetails(id)
        if (error) throw error
        document.title = data.client.name
        auth.oauth.approveAuthorization(id)
      }, { url: evolv.API_URL, key: evolv.PUBLISHABLE_KEY, session: { access_token: session.access_token, refresh_token: session.refresh_token } })
      await tab.waitForURL(`${back}**`)

      assert.ok((await exchange(config, tab.url(), flow)).access_token)
    } finally {
      await browser.close()
      app.close()
      tool.close()
    }
  })
})
