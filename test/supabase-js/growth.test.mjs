import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { clientFor, signUp } from './clients.mjs'
import { startEvolv } from './server.mjs'

describe('growth', () => {
  let evolv, backend
  before(async () => {
    evolv = await startEvolv()
    backend = clientFor(evolv, evolv.SECRET_KEY)
  })
  after(() => evolv.stop())

  const call = async (supabase, name, body) => {
    const { data, error } = await supabase.functions.invoke(name, { body })
    if (error) throw new Error(`${name}: ${await error.context.text()}`)
    return data.data
  }
  const ask = async (supabase, name) => (await supabase.functions.invoke(name, { method: 'GET' })).data.data
  const eventually = async (question) => {
    for (const until = Date.now() + 20_000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const answer = await question()
      if (answer) return answer
    }
    assert.fail('it did not happen')
  }

  it('awards what is done through the table API, and says why', async () => {
    const { supabase: ada } = await signUp(evolv, 'ada')
    const { supabase: bob } = await signUp(evolv, 'bob')

    const { data: post } = await ada.from('posts').insert({ content: 'Hello' }).select('id').single().throwOnError()
    await bob.from('post_likes').insert({ post_id: post.id }).throwOnError()

    const entries = await eventually(async () => {
      const { data } = await ada.from('xp_transactions').select('id, amount, source, xp_rule_versions(version, xp_rules(slug))').order('amount').throwOnError()
      return data.length === 2 && data
    })
    assert.deepEqual(
      entries.map((entry) => [entry.amount, entry.source, entry.xp_rule_versions.xp_rules.slug]),
      [[2, 'social_interaction', 'like-received'], [15, 'social_interaction', 'post-published']],
    )
    const why = await call(ada, 'explain-award', { xp_transaction_id: entries[0].id })
    assert.deepEqual([why.events[0].type, why.events[0].object_id, why.rule.distinct_by], ['post.liked', post.id, ['actor', 'day']])
  })

  it('tells of progress to a badge while it is made', async () => {
    const { supabase: admin, id } = await signUp(evolv, 'admin')
    await backend.from('user_roles').insert({ user_id: id, role: 'admin' }).throwOnError()
    const { supabase: ada, id: adaId } = await signUp(evolv, 'ada')
    const seen = []
    await new Promise((subscribed) => ada
      .channel('progress')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'badge_progress', filter: `user_id=eq.${adaId}` }, (change) => seen.push(change.new.current))
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'user_badges', filter: `user_id=eq.${adaId}` }, () => seen.push('badge'))
      .subscribe((status) => status === 'SUBSCRIBED' && subscribed()))

    const rule = { all: [{ event: 'post.created' }], tiers: [{ target: 2, points: 5 }, { target: 10, points: 50 }] }
    const preview = await call(admin, 'preview-badge', { rule })
    assert.deepEqual([preview.would_have, preview.gain_samples], [0, []])
    await call(admin, 'publish-badge', { slug: 'writer', name: 'Writer', rule })
    for (const content of ['One', 'Two', 'Three']) await ada.from('posts').insert({ content }).throwOnError()

    await eventually(() => seen.includes(3) && seen.includes('badge'))
    await ada.removeAllChannels()
    const { badges } = await ask(ada, 'get-achievements')
    const writer = badges.find((badge) => badge.slug === 'writer')
    assert.deepEqual([writer.earned.map((earned) => earned.tier), writer.current, writer.target, writer.next_tier], [[1], 3, 10, 2])
  })

  it('counts days, ranks people and knows who is next to whom', async () => {
    const people = []
    for (const [name, amount] of [['first', 500], ['second', 300], ['second', 300], ['fourth', 10]]) {
      const person = await signUp(evolv, name)
      await call(person.supabase, 'check-in', {})
      await call(backend, 'add-xp', { user_id: person.id, amount: amount, source: 'quiz_completion' })
      people.push(person)
    }
    const { supabase } = people[3]

    const again = await call(supabase, 'check-in', {})
    const progress = await ask(supabase, 'get-progress')
    assert.deepEqual([again.checked_in, progress.streak.current_length, progress.streak.status], [false, 1, 'active'])

    const board = await eventually(async () => {
      const page = await ask(supabase, 'get-leaderboard?metric=xp&period=week&limit=3')
      return page.me && page.total_people >= 4 && page
    })
    assert.deepEqual(board.leaderboard.map((place) => [place.rank, place.full_name]), [[1, 'first'], [2, 'second'], [2, 'second']])
    const around = await ask(supabase, 'get-leaderboard?metric=xp&period=week&around_me=true&limit=3')
    assert.ok(around.leaderboard.some((place) => place.is_me && place.rank === board.me.rank))
    const { data: seed } = await supabase.from('leaderboard_all_time').select('full_name, total_xp, rank').order('rank').limit(1).single().throwOnError()
    assert.deepEqual([seed.full_name, seed.rank], ['first', 1])
  })
})
