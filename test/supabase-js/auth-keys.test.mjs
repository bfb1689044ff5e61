import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { clientFor, signUp } from './clients.mjs'
import { root, startEvolv } from './server.mjs'

const secret = 'super-secret-jwt-token-with-at-least-32-characters-long'

describe('auth keys', () => {
  let evolv
  before(async () => (evolv = await startEvolv({ EVOLV__AUTH__LEGACYJWTSECRET: secret })))
  after(() => evolv.stop())

  const keys = (...args) => execFileSync(join(root, 'evolv'), ['keys', ...args], { env: evolv.env, encoding: 'utf8' }).trim()
  const kids = async () => (await (await fetch(`${evolv.API_URL}/auth/v1/.well-known/jwks.json`)).json()).keys.map((key) => key.kid)
  const kidOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid
  const legacy = (claims) => {
    const text = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  const until = async (look) => {
    for (let i = 0; i < 50; i++) {
      if (await look()) return
      await sleep(100)
    }
    assert.fail('not within five seconds')
  }

  it('rotates while people are signed in, and both their tokens stay good', async () => {
    const { supabase, session, id } = await signUp(evolv)
    const published = await kids()
    assert.equal(published.length, 2)

    keys('rotate')
    await until(async () => (await kids()).length === 3)

    const before = await supabase.auth.getClaims()
    assert.equal(before.error, null)
    assert.equal(before.data.claims.sub, id)
    const refreshed = await supabase.auth.refreshSession()
    assert.equal(refreshed.error, null)
    assert.notEqual(kidOf(refreshed.data.session.access_token), kidOf(session.access_token))
    assert.ok(published.includes(kidOf(refreshed.data.session.access_token)))
    for (const token of [session.access_token, refreshed.data.session.access_token]) {
      const { data, error } = await clientFor(evolv).auth.getClaims(token)
      assert.equal(error, null)
      assert.equal(data.claims.sub, id)
      assert.equal(data.header.kid, kidOf(token))
    }
  })

  it('revokes a key with its tokens, and their owners go on', async () => {
    const { supabase, session } = await signUp(evolv)
    const strangers = clientFor(evolv)
    assert.equal((await strangers.auth.getUser(session.access_token)).error, null)

    keys('revoke', kidOf(session.access_token))

    await until(async () => (await strangers.auth.getUser(session.access_token)).error !== null)
    const read = await supabase.from('profiles').select('id').limit(1)
    assert.equal(read.status, 401)
    assert.equal(read.error.code, 'PGRST301')
    assert.ok(!(await kids()).includes(kidOf(session.access_token)))
    assert.equal((await supabase.auth.refreshSession()).error, null)
    assert.equal((await supabase.from('profiles').select('id').limit(1)).status, 200)
    assert.equal((await supabase.auth.getClaims()).error, null)
  })

  it('ends access with the session, not with the token', async () => {
    const { supabase, session } = await signUp(evolv)
    const { session: others } = await signUp(evolv)
    const withToken = (token) => clientFor(evolv).from('profiles').select('id').limit(1).setHeader('Authorization', `Bearer ${token}`)
    assert.equal((await withToken(session.access_token)).status, 200)

    await supabase.auth.signOut()

    await until(async () => (await withToken(session.access_token)).status === 401)
    assert.equal((await withToken(session.access_token)).error.message, 'JWT session has ended')
    assert.equal((await withToken(others.access_token)).status, 200)
  })

  it('makes and revokes API keys', async () => {
    const key = keys('create', 'secret', '--name', 'ci')
    const service = clientFor(evolv, key)
    await until(async () => (await service.from('user_settings').select('user_id').limit(1)).status === 200)

    keys('revoke', 'ci')

    await until(async () => (await service.from('user_settings').select('user_id').limit(1)).status === 401)
    assert.equal((await clientFor(evolv, evolv.SECRET_KEY).from('user_settings').select('user_id').limit(1)).status, 200)
  })

  it('takes keys and tokens of a project that was taken over', async () => {
    const { id } = await signUp(evolv)
    const soon = Math.floor(Date.now() / 1000) + 3600
    const service = clientFor(evolv, legacy({ iss: 'supabase', role: 'service_role', iat: 1700000000, exp: soon }))
    const anon = clientFor(evolv, legacy({ iss: 'supabase', role: 'anon', exp: soon }))
    const token = legacy({ role: 'authenticated', aud: 'authenticated', sub: id, exp: soon, iss: 'https://abc.supabase.co/auth/v1' })

    assert.deepEqual((await service.from('user_settings').select('user_id').eq('user_id', id)).data, [{ user_id: id }])
    assert.equal((await anon.from('user_settings').select('user_id')).status, 401)
    const mine = await anon.from('user_settings').select('user_id').setHeader('Authorization', `Bearer ${token}`)
    assert.deepEqual(mine.data, [{ user_id: id }])
    assert.equal((await anon.auth.getUser(token)).data.user.id, id)
    assert.equal((await anon.auth.getClaims(token)).data.claims.sub, id) // Not in JWKS, so the client asks the server.
    const forged = token.slice(0, token.lastIndexOf('.') + 1) + Buffer.from(randomUUID()).toString('base64url')
    assert.match((await anon.auth.getClaims(forged)).error.message, /unable to parse or verify signature/)
  })
})
