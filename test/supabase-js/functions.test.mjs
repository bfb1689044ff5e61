import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { clientFor, signUp } from './clients.mjs'
import { startEvolv } from './server.mjs'

describe('functions', () => {
  let evolv
  before(async () => (evolv = await startEvolv()))
  after(() => evolv.stop())

  const award = (client, id, amount, more = {}) =>
    client.functions.invoke('add-xp', { body: { user_id: id, amount, source: 'course_completion', ...more } })

  it('award XP, lift to a level, grant a badge and show it in the feed', async () => {
    const { supabase, id } = await signUp(evolv, 'ada')

    const { data, error } = await award(clientFor(evolv, evolv.SECRET_KEY), id, 250)

    assert.equal(error, null)
    assert.deepEqual(
      { ...data.data, rewards: data.data.rewards.map((reward) => reward.name) },
      { xp_added: 250, total_xp: 270, current_level: 2, level_up: true, new_level: 2, rewards: ['On the Way'] },
    )
    const feed = await supabase.functions.invoke('get-feed?filter=all', { method: 'GET' })
    assert.deepEqual(
      feed.data.data.feed.map((item) => [item.activity_type, item.content.name ?? item.content.new_level, item.profiles.full_name]).sort(),
      [['achievement', 'On the Way', 'ada'], ['course_completion', 2, 'ada']],
    )
  })

  it('take the legacy service key, too', async () => {
    const { id } = await signUp(evolv)

    const { data } = await award(clientFor(evolv, evolv.SERVICE_ROLE_KEY), id, 10)

    assert.equal(data.data.total_xp, 10)
  })

  it('answer a repeated key again, and count it once', async () => {
    const { id } = await signUp(evolv)
    const backend = clientFor(evolv, evolv.SECRET_KEY)

    const first = await award(backend, id, 30, { idempotency_key: 'k' })
    const second = await award(backend, id, 30, { idempotency_key: 'k' })
    const other = await award(backend, id, 31, { idempotency_key: 'k' })

    assert.deepEqual(second.data, first.data)
    assert.equal(second.response.headers.get('idempotency-replayed'), 'true')
    assert.equal(other.error.context.status, 409)
  })

  it('refuse those who may not', async () => {
    const { supabase, id } = await signUp(evolv)

    const own = await award(supabase, id, 1000)
    const visitor = await award(clientFor(evolv), id, 1000)
    const bad = await award(clientFor(evolv, evolv.SECRET_KEY), id, -1)

    assert.equal(own.error.context.status, 403)
    assert.equal(visitor.error.context.status, 401)
    assert.equal(bad.error.context.status, 400)
    assert.deepEqual(await bad.error.context.json(), {
      success: false,
      error: 'amount must be an integer from 1 to 100000',
      code: 'invalid_field',
    })
  })
})
