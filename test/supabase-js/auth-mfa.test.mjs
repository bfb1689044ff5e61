import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { clientFor, password, signUp } from './clients.mjs'
import { asOwner } from './database.mjs'
import { startEvolv } from './server.mjs'

/** What an authenticator app shows (RFC 6238), now or some steps later. */
function codeOf(secret, steps = 0) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const hash = createHmac('sha1', key).update(counter).digest()
  const offset = hash[19] & 15
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

const nobody = '83fd9e20-7a80-46e4-bf29-a86e3d6bbf66'

describe('auth.mfa', () => {
  let evolv
  before(async () => (evolv = await startEvolv()))
  after(() => evolv.stop())

  /** Somebody whose session is at aal2. */
  async function signUpWithFactor() {
    const person = await signUp(evolv, 'ada')
    const { data: factor } = await person.supabase.auth.mfa.enroll({ factorType: 'totp' })
    const { error } = await person.supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code: codeOf(factor.totp.secret) })
    assert.equal(error, null)
    return { ...person, factor }
  }

  it('enrols, challenges and verifies an authenticator', async () => {
    const { supabase } = await signUp(evolv, 'ada')

    const { data: factor, error } = await supabase.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'phone', issuer: 'Evolv' })

    assert.equal(error, null)
    assert.equal(factor.type, 'totp')
    assert.match(factor.totp.qr_code, /^data:image\/svg\+xml;utf-8,<svg[^#]*<\/svg>$/s)
    assert.match(factor.totp.uri, /^otpauth:\/\/totp\/Evolv:.*secret=[A-Z2-7]{32}/)
    const { data: challenge } = await supabase.auth.mfa.challenge({ factorId: factor.id })
    assert.ok(challenge.expires_at > Date.now() / 1000)
    const { data: before } = await supabase.auth.mfa.getAuthenticatorAssuranceLevel()
    assert.deepEqual([before.currentLevel, before.nextLevel], ['aal1', 'aal1'])

    const events = []
    supabase.auth.onAuthStateChange((event) => events.push(event))
    const verified = await supabase.auth.mfa.verify({ factorId: factor.id, challengeId: challenge.id, code: codeOf(factor.totp.secret) })

    assert.equal(verified.error, null)
    assert.ok(events.includes('MFA_CHALLENGE_VERIFIED'))
    const { data: after } = await supabase.auth.mfa.getAuthenticatorAssuranceLevel()
    assert.deepEqual([after.currentLevel, after.nextLevel], ['aal2', 'aal2'])
    assert.deepEqual(after.currentAuthenticationMethods.map(({ method }) => method), ['totp', 'password'])
    const { data: factors } = await supabase.auth.mfa.listFactors()
    assert.deepEqual(factors.totp.map(({ id, friendly_name }) => [id, friendly_name]), [[factor.id, 'phone']])
    assert.equal((await supabase.auth.refreshSession()).error, null)
    assert.equal((await supabase.auth.mfa.getAuthenticatorAssuranceLevel()).data.currentLevel, 'aal2')
  })

  it('asks who comes back with a password for the second factor', async () => {
    const { email, factor } = await signUpWithFactor()
    const supabase = clientFor(evolv)
    await supabase.auth.signInWithPassword({ email, password })

    const { data: level } = await supabase.auth.mfa.getAuthenticatorAssuranceLevel()
    const refused = await supabase.auth.updateUser({ password: 'a new and better one' })
    const second = await supabase.auth.mfa.enroll({ factorType: 'totp' })
    const { error } = await supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code: codeOf(factor.totp.secret, 1) })

    assert.deepEqual([level.currentLevel, level.nextLevel], ['aal1', 'aal2'])
    assert.deepEqual([refused.error.code, refused.error.status], ['insufficient_aal', 401])
    assert.deepEqual([second.error.code, second.error.status], ['insufficient_aal', 403])
    assert.equal(error, null)
    assert.equal((await supabase.auth.updateUser({ password: 'a new and better one' })).error, null)
  })

  it('names what is wrong', async () => {
    const { supabase } = await signUp(evolv)
    const { data: factor } = await supabase.auth.mfa.enroll({ factorType: 'totp' })

    const wrong = await supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code: codeOf(factor.totp.secret, 7) })
    const unknown = await supabase.auth.mfa.challenge({ factorId: nobody })
    const phone = await supabase.auth.mfa.enroll({ factorType: 'phone', phone: '+491234567' })
    const guest = clientFor(evolv)
    await guest.auth.signInAnonymously()

    assert.match(wrong.error.message, /Invalid TOTP code/)
    assert.equal(wrong.error.code, 'mfa_verification_failed')
    assert.equal(unknown.error.code, 'mfa_factor_not_found')
    assert.equal(phone.error.code, 'mfa_phone_enroll_not_enabled')
    assert.equal((await guest.auth.mfa.enroll({ factorType: 'totp' })).error.code, 'no_authorization')
  })

  it('takes a factor away', async () => {
    const { supabase, factor } = await signUpWithFactor()

    const { data, error } = await supabase.auth.mfa.unenroll({ factorId: factor.id })

    assert.equal(error, null)
    assert.equal(data.id, factor.id)
    const { data: left } = await supabase.auth.mfa.listFactors()
    assert.deepEqual([left.all.length, left.totp.length], [0, 0])
    await supabase.auth.refreshSession()
    assert.equal((await supabase.auth.mfa.getAuthenticatorAssuranceLevel()).data.currentLevel, 'aal1')
  })

  it('makes recovery codes, each good once, with what auth-js has for them', async () => {
    const { supabase: first, email } = await signUpWithFactor()
    const { data: { session } } = await first.auth.getSession()
    const supabase = clientFor(evolv)
    supabase.auth.experimental = { recoveryCodes: true }
    await supabase.auth.setSession(session)
    const { data: made, error } = await supabase.auth.mfa.recoveryCodes.generate()
    assert.equal(error, null)
    assert.equal(made.codes.length, 10)

    const lost = clientFor(evolv)
    lost.auth.experimental = { recoveryCodes: true }
    await lost.auth.signInWithPassword({ email, password })
    const used = await lost.auth.mfa.recoveryCodes.verify({ code: made.codes[0].toUpperCase() })
    const again = await lost.auth.mfa.recoveryCodes.verify({ code: made.codes[0] })
    const { data: status } = await lost.auth.mfa.recoveryCodes.getStatus()

    assert.equal(used.error, null)
    assert.equal((await lost.auth.mfa.getAuthenticatorAssuranceLevel()).data.currentLevel, 'aal2')
    assert.equal(again.error.code, 'mfa_verification_failed')
    assert.deepEqual([status.type, status.total, status.remaining], ['recovery_code', 10, 9])
    assert.equal((await lost.auth.mfa.recoveryCodes.regenerate()).data.codes.length, 10)
    assert.equal((await lost.auth.mfa.recoveryCodes.unenroll()).error, null)
    assert.equal((await lost.auth.mfa.recoveryCodes.getStatus()).data.total, 0)
  })
})

describe('auth.admin', () => {
  let evolv, admin
  before(async () => {
    evolv = await startEvolv()
    admin = clientFor(evolv, evolv.SECRET_KEY).auth.admin
  })
  after(() => evolv.stop())

  it('makes, reads, changes and deletes an account', async () => {
    const { data: { user }, error } = await admin.createUser({
      email: 'Carol@example.com', password, email_confirm: false, user_metadata: { profile_image: 'a.png' }, app_metadata: { roles: ['editor'] },
    })
    assert.equal(error, null)
    assert.equal(user.email, 'carol@example.com')
    assert.deepEqual(user.user_metadata, { profile_image: 'a.png' })
    assert.deepEqual(user.app_metadata, { provider: 'email', providers: ['email'], roles: ['editor'] })
    assert.equal(user.email_confirmed_at, undefined)

    const changed = await admin.updateUserById(user.id, { email: 'new@example.com', email_confirm: true, user_metadata: { profile_image: null } })
    assert.equal(changed.data.user.email, 'new@example.com')
    assert.ok(changed.data.user.email_confirmed_at)
    assert.deepEqual(changed.data.user.user_metadata, { email_verified: true })
    assert.deepEqual((await admin.getUserById(user.id)).data.user, changed.data.user)
    assert.equal((await clientFor(evolv).auth.signInWithPassword({ email: 'new@example.com', password })).error, null)

    const gone = await admin.deleteUser(user.id)
    assert.equal(gone.error, null)
    assert.equal((await admin.getUserById(user.id)).error.code, 'user_not_found')
    assert.equal((await admin.deleteUser(user.id)).error.code, 'user_not_found')
  })

  it('bans, and deletes softly', async () => {
    const { supabase, email, id } = await signUp(evolv, 'dave')

    await admin.updateUserById(id, { ban_duration: '24h' })
    assert.equal((await supabase.auth.refreshSession()).error.code, 'user_banned')
    await admin.updateUserById(id, { ban_duration: 'none' })
    assert.equal((await clientFor(evolv).auth.signInWithPassword({ email, password })).error, null)
    assert.equal((await admin.deleteUser(id, true)).error, null)

    const { data: { user } } = await admin.getUserById(id)
    assert.ok(user.deleted_at)
    assert.deepEqual([user.email, user.user_metadata, user.identities], ['', {}, []])
    assert.equal((await clientFor(evolv).auth.signUp({ email, password })).error, null)
  })

  it('lists accounts in pages', async () => {
    await asOwner(evolv, "insert into auth.users (email, created_at) select 'p' || i || '@example.com', now() - make_interval(days => i) from generate_series(1, 12) i")
    const { data: { user } } = await admin.createUser({ email: 'newest@example.com' })

    const first = await admin.listUsers()
    const paged = await admin.listUsers({ page: 2, perPage: 5 })
    const bad = await admin.listUsers({ page: -1, perPage: 10 })

    assert.equal(first.error, null)
    assert.equal(first.data.users[0].id, user.id)
    assert.equal(first.data.aud, 'authenticated')
    assert.equal(first.data.total, first.data.users.length)
    assert.equal(paged.data.users.length, 5)
    assert.deepEqual([paged.data.nextPage, paged.data.lastPage], [3, Math.ceil(paged.data.total / 5)])
    assert.ok(bad.error)
    assert.deepEqual(bad.data.users, [])
  })

  it('takes the factor of who has lost the device', async () => {
    const { supabase, id } = await signUp(evolv, 'erin')
    const { data: factor } = await supabase.auth.mfa.enroll({ factorType: 'totp' })
    await supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code: codeOf(factor.totp.secret) })

    const listed = await admin.mfa.listFactors({ userId: id })
    const deleted = await admin.mfa.deleteFactor({ userId: id, id: factor.id })

    assert.deepEqual(listed.data.factors.map((one) => [one.id, one.status]), [[factor.id, 'verified']])
    assert.deepEqual([deleted.error, deleted.data.data.id], [null, factor.id]) // auth-js wraps it twice.
    assert.deepEqual((await admin.mfa.listFactors({ userId: id })).data.factors, [])
    assert.ok((await admin.mfa.listFactors({ userId: nobody })).error)
    assert.ok((await admin.mfa.deleteFactor({ userId: id, id: factor.id })).error)
  })

  it('signs somebody out by their token', async () => {
    const { supabase, session } = await signUp(evolv, 'frank')

    assert.equal((await admin.signOut(session.access_token)).error, null)
    assert.match((await admin.signOut('this-is-a-bad-token')).error.message, /^invalid JWT/)
    assert.equal((await supabase.auth.getUser()).data.user, null)
  })

  it('is closed to everybody else', async () => {
    const { supabase } = await signUp(evolv, 'eve')

    for (const { auth } of [supabase, clientFor(evolv)]) {
      const { error } = await auth.admin.listUsers()
      assert.deepEqual([error.code, error.status], ['not_admin', 403])
    }
  })
})
