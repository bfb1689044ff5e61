import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { clientFor, password, signUp } from './clients.mjs'
import { startEvolv } from './server.mjs'

describe('auth', () => {
  let evolv
  before(async () => (evolv = await startEvolv()))
  after(() => evolv.stop())

  it('signs up, signs out and signs in', async () => {
    const { supabase, email, id } = await signUp(evolv, 'ada')

    assert.equal((await supabase.auth.getUser()).data.user.email, email)
    assert.equal((await supabase.auth.signOut()).error, null)
    assert.equal((await supabase.auth.getSession()).data.session, null)

    const { data, error } = await supabase.auth.signInWithPassword({ email, password })
    assert.equal(error, null)
    assert.equal(data.user.id, id)
    assert.equal(data.user.user_metadata.full_name, 'ada')
    assert.deepEqual(data.user.app_metadata, { provider: 'email', providers: ['email'] })
  })

  it('names what is wrong with a sign-in and a sign-up', async () => {
    const { email } = await signUp(evolv)
    const supabase = clientFor(evolv)

    const wrong = await supabase.auth.signInWithPassword({ email, password: 'wrong' })
    const unknown = await supabase.auth.signInWithPassword({ email: 'nobody@example.com', password })
    const again = await supabase.auth.signUp({ email, password })
    const weak = await supabase.auth.signUp({ email: 'weak@example.com', password: 'short' })

    assert.deepEqual([wrong.error.code, wrong.error.status], ['invalid_credentials', 400])
    assert.deepEqual([unknown.error.code, unknown.error.message], ['invalid_credentials', wrong.error.message])
    assert.deepEqual([again.error.code, again.error.status], ['user_already_exists', 422])
    assert.equal(weak.error.code, 'weak_password')
    assert.deepEqual(weak.error.reasons, ['length'])
  })

  it('refreshes a session and ends it', async () => {
    const { supabase, session } = await signUp(evolv)

    const { data, error } = await supabase.auth.refreshSession()

    assert.equal(error, null)
    assert.notEqual(data.session.refresh_token, session.refresh_token)
    await supabase.auth.signOut()
    const replayed = await clientFor(evolv).auth.refreshSession({ refresh_token: data.session.refresh_token })
    assert.equal(replayed.error.code, 'refresh_token_not_found')
  })

  it('lets a guest in and keeps everything when they add an address', async () => {
    const supabase = clientFor(evolv)
    const { data: guest } = await supabase.auth.signInAnonymously()
    assert.equal(guest.user.is_anonymous, true)

    const { data, error } = await supabase.auth.updateUser({ email: 'was-a-guest@example.com', password })

    assert.equal(error, null)
    assert.equal(data.user.id, guest.user.id)
    assert.equal(data.user.is_anonymous, false)
    const again = await clientFor(evolv).auth.signInWithPassword({ email: 'was-a-guest@example.com', password })
    assert.equal(again.data.user.id, guest.user.id)
  })

  it('changes what people may change, and nothing else', async () => {
    const { supabase } = await signUp(evolv)

    await supabase.auth.updateUser({ data: { full_name: 'Ada L.', role: 'admin' } })

    const { data } = await supabase.auth.getUser()
    assert.equal(data.user.user_metadata.full_name, 'Ada L.')
    assert.deepEqual(data.user.app_metadata, { provider: 'email', providers: ['email'] })
    assert.equal(data.user.role, 'authenticated')
  })

  it('signs tokens that clients verify by themselves', async () => {
    const { supabase, id } = await signUp(evolv)

    const { data, error } = await supabase.auth.getClaims()

    assert.equal(error, null)
    assert.equal(data.claims.sub, id)
    assert.equal(data.header.alg, 'ES256')
  })
})
