import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { clientFor, signUp } from './clients.mjs'
import { startEvolv } from './server.mjs'

describe('career guidance', () => {
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
  // The seed's call.
  const assessment = {
    user_profile: {
      education_level: 'high school', major: null, interests: ['wood', 'building things'], experience_years: 2,
      current_skills: ['Carpentry', 'reading plans'], career_goals: 'Build houses with my hands.',
    },
    analysis_depth: 'standard',
    include_salary_insights: true,
  }

  it('answers the seed\'s call, keeps the answer and lets its owner read and erase it', async () => {
    const { supabase: ada } = await signUp(evolv, 'ada')
    const { supabase: bob } = await signUp(evolv, 'bob')

    const told = await call(ada, 'ai-career-assessment', assessment)
    assert.equal(told.career_paths.length, 5)
    assert.equal(told.career_paths[0].title, 'Carpenter')
    assert.deepEqual(told.career_paths[0].salary_range.source.year, 2024)
    assert.equal((await call(ada, 'ai-career-assessment', assessment)).assessment_id, told.assessment_id)

    const { data: history } = await ada.from('career_assessments').select('id, ai_provider, career_paths').order('created_at', { ascending: false }).throwOnError()
    assert.deepEqual(history.map((row) => [row.id, row.ai_provider, row.career_paths.length]), [[told.assessment_id, 'builtin', 5]])
    assert.deepEqual((await bob.from('career_assessments').select().throwOnError()).data, [])
    const { data: erased } = await ada.from('career_assessments').delete().eq('id', told.assessment_id).select('id').throwOnError()
    assert.equal(erased.length, 1)
  })

  it('tells how far it is when asked for events', async () => {
    const { supabase: ada } = await signUp(evolv, 'ada')

    const { data: response, error } = await ada.functions.invoke('ai-career-assessment', { body: assessment, headers: { Accept: 'text/event-stream' } })
    assert.equal(error, null)
    const events = (await response.text()).trim().split('\n\n').map((event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event)
      return [name, JSON.parse(data)]
    })

    assert.deepEqual(events.map(([name]) => name), ['progress', 'progress', 'progress', 'result'])
    assert.equal(events.at(-1)[1].data.career_paths.length, 5)
  })

  it('turns a goal into a draft and the draft into a path of one\'s own', async () => {
    const { supabase: ada } = await signUp(evolv, 'ada')
    await backend.from('learning_paths').insert({ title: 'Wood', difficulty_level: 'beginner', skills_covered: ['Carpentry'], instructor_id: null }).throwOnError()

    const advice = await call(ada, 'ai-skill-recommendations', { target_role: 'carpenter' })
    assert.equal(advice.recommendations.find((skill) => skill.slug === 'carpentry').learning_paths[0].title, 'Wood')
    const draft = await call(ada, 'ai-learning-path', { goal: 'Learn carpentry', current_level: 'beginner' })
    const accepted = await call(ada, 'accept-ai-learning-path', { generated_path_id: draft.generated_path_id })

    const { data: path } = await ada.from('learning_paths').select('title, is_active, learning_path_steps(title, linked_path), learning_path_enrollments(user_id)')
      .eq('id', accepted.path_id).single().throwOnError()
    assert.deepEqual([path.title, path.is_active, path.learning_path_steps.length, path.learning_path_enrollments.length], ['Learn carpentry', false, 2, 1])
  })

  it('lets a person agree to the provider outside, and take it back', async () => {
    const { supabase: ada, id } = await signUp(evolv, 'ada')
    const { supabase: bob } = await signUp(evolv, 'bob')

    await ada.from('ai_consents').insert({}).throwOnError()
    assert.equal((await ada.from('ai_consents').select('user_id').throwOnError()).data[0].user_id, id)
    assert.deepEqual((await bob.from('ai_consents').select().throwOnError()).data, [])
    assert.equal((await bob.from('ai_consents').insert({ user_id: id })).error.code, '42501')
    await ada.from('ai_consents').delete().eq('user_id', id).throwOnError()
    assert.deepEqual((await ada.from('ai_consents').select().throwOnError()).data, [])
  })
})
