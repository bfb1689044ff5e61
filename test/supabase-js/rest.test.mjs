// Reading through supabase.from() and rpc(): what the stock client sends for each of its methods, and what it gets.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { PostgrestClient } from '@supabase/postgrest-js'
import { clientFor, signUp } from './clients.mjs'
import { rowsOf } from './rest.mjs'
import { root, startEvolv } from './server.mjs'

describe('rest: reading', () => {
  let evolv, ada, grace, backend, post
  before(async () => {
    evolv = await startEvolv({ EVOLV__REST__DBPLANENABLED: 'true', EVOLV__REST__DBAGGREGATESENABLED: 'true' })
    backend = clientFor(evolv, evolv.SECRET_KEY)
    ada = await signUp(evolv, 'ada')
    grace = await signUp(evolv, 'grace')
    await backend.from('user_roles').insert({ user_id: ada.id, role: 'teacher' }).throwOnError()

    await ada.supabase
      .from('learning_paths')
      .insert([
        { title: 'SQL from zero', difficulty_level: 'beginner', duration_hours: 10, skills_covered: ['sql'], description: 'Tables and joins for everybody' },
        { title: 'Rust, in depth', difficulty_level: 'advanced', duration_hours: 40, skills_covered: ['rust', 'linux'] },
        { title: 'Data with Python', difficulty_level: 'intermediate', skills_covered: ['python', 'sql'], description: 'Statistics, tables and charts' },
      ], { defaultToNull: false })
      .throwOnError()
    const [path] = await rowsOf(ada.supabase.from('learning_paths').select('id').eq('title', 'SQL from zero'))
    await ada.supabase
      .from('learning_path_steps')
      .insert([
        { path_id: path.id, order_num: 2, title: 'Joins', step_type: 'lesson', estimated_minutes: 30 },
        { path_id: path.id, order_num: 1, title: 'Tables', step_type: 'lesson', estimated_minutes: 20, resources: [{ url: 'https://example.com/a', kind: 'video' }] },
        { path_id: path.id, order_num: 3, title: 'Test', step_type: 'quiz', estimated_minutes: 10 },
      ], { defaultToNull: false })
      .throwOnError()
    await ada.supabase.from('posts').insert([{ content: 'first' }, { content: 'second' }, { content: 'third' }]).throwOnError()
    ;[post] = await rowsOf(ada.supabase.from('posts').select('id').eq('content', 'first'))
    await grace.supabase.from('comments').insert([{ post_id: post.id, content: 'well' }, { post_id: post.id, content: 'done' }]).throwOnError()
  })
  after(() => evolv.stop())

  const paths = (columns = 'title') => ada.supabase.from('learning_paths').select(columns)
  const badges = (columns = 'slug') => clientFor(evolv).from('badges').select(columns)

  it('gives the columns in the order of select, under their aliases and casts', async () => {
    const { data, error, status, statusText, count } = await badges('points, kind:category, value:requirement_value::text').eq('slug', 'level-5')

    assert.deepEqual({ error, status, statusText, count }, { error: null, status: 200, statusText: 'OK', count: null })
    assert.deepEqual(data, [{ points: 100, kind: 'milestone', value: '5' }])
    assert.deepEqual(Object.keys(data[0]), ['points', 'kind', 'value'])
  })

  it('embeds over foreign keys in both directions, as deep as asked', async () => {
    const { data } = await grace.supabase
      .from('posts')
      .select(`
        content,
        author:profiles!posts_user_id_fkey ( full_name, user_levels ( current_level ) ),
        guilds ( name ),
        comments ( content, profiles ( full_name ) )
      `)
      .eq('id', post.id)
      .order('content', { referencedTable: 'comments' })
      .single()

    assert.deepEqual(data, {
      content: 'first',
      author: { full_name: 'ada', user_levels: { current_level: 1 } },
      guilds: null,
      comments: [
        { content: 'done', profiles: { full_name: 'grace' } },
        { content: 'well', profiles: { full_name: 'grace' } },
      ],
    })
  })

  it('filters, orders and limits what is embedded', async () => {
    const { data } = await paths('title, learning_path_steps(title, minutes:estimated_minutes)')
      .eq('title', 'SQL from zero')
      .neq('learning_path_steps.step_type', 'quiz')
      .order('order_num', { referencedTable: 'learning_path_steps', ascending: false })
      .limit(1, { referencedTable: 'learning_path_steps' })

    assert.deepEqual(data, [{ title: 'SQL from zero', learning_path_steps: [{ title: 'Joins', minutes: 30 }] }])
  })

  it('reads a page of what is embedded', async () => {
    const { data } = await paths('learning_path_steps(title)')
      .eq('title', 'SQL from zero')
      .order('order_num', { referencedTable: 'learning_path_steps' })
      .range(1, 2, { referencedTable: 'learning_path_steps' })
      .single()

    assert.deepEqual(data.learning_path_steps, [{ title: 'Joins' }, { title: 'Test' }])
  })

  it('keeps rows that have something embedded, or nothing', async () => {
    const having = await rowsOf(paths('title, learning_path_steps!inner(title)').eq('learning_path_steps.step_type', 'quiz'))
    const without = await rowsOf(paths('title, learning_path_steps()').is('learning_path_steps', null).order('title'))
    const either = await rowsOf(
      paths('title, learning_path_steps()').or('learning_path_steps.not.is.null,title.eq.Data with Python').order('title'))

    assert.deepEqual(having, [{ title: 'SQL from zero', learning_path_steps: [{ title: 'Test' }] }])
    assert.deepEqual(without, [{ title: 'Data with Python' }, { title: 'Rust, in depth' }])
    assert.deepEqual(either, [{ title: 'Data with Python' }, { title: 'SQL from zero' }])
  })

  it('lifts embedded columns up, and counts what hangs on a row', async () => {
    const spread = await rowsOf(
      grace.supabase.from('comments').select('content, ...posts(post:content, ...profiles!posts_user_id_fkey(author:full_name))').order('content'))
    const counted = await rowsOf(paths('title, learning_path_steps(count)').order('title'))

    assert.deepEqual(spread, [
      { content: 'done', post: 'first', author: 'ada' },
      { content: 'well', post: 'first', author: 'ada' },
    ])
    assert.deepEqual(counted.map((path) => path.learning_path_steps), [[{ count: 0 }], [{ count: 0 }], [{ count: 3 }]])
  })

  it('orders by what is embedded', async () => {
    const rows = await rowsOf(
      backend.from('skills').select('name').in('slug', ['sql', 'react', 'go']).order('category', { ascending: false }).order('name'))
    const comments = await rowsOf(grace.supabase.from('comments').select('content, posts()').order('posts(content)').order('content'))

    assert.deepEqual(rows, [{ name: 'React' }, { name: 'Go' }, { name: 'SQL' }])
    assert.deepEqual(comments, [{ content: 'done' }, { content: 'well' }])
  })

  // One line for each filter of the client: what it keeps of the three paths, by their hours or titles.
  const sql = 'SQL from zero', rust = 'Rust, in depth', python = 'Data with Python'
  const filters = {
    eq: [(q) => q.eq('title', rust), [rust]],
    neq: [(q) => q.neq('title', rust), [python, sql]],
    gt: [(q) => q.gt('duration_hours', 10), [rust]],
    gte: [(q) => q.gte('duration_hours', 10), [rust, sql]],
    lt: [(q) => q.lt('duration_hours', 40), [sql]],
    lte: [(q) => q.lte('duration_hours', 40), [rust, sql]],
    like: [(q) => q.like('title', '%SQL%'), [sql]],
    ilike: [(q) => q.ilike('title', '%sql%'), [sql]],
    likeAllOf: [(q) => q.likeAllOf('title', ['%a%', '%P%']), [python]],
    likeAnyOf: [(q) => q.likeAnyOf('title', ['SQL%', 'Rust%']), [rust, sql]],
    ilikeAllOf: [(q) => q.ilikeAllOf('title', ['%R%', '%SQL%']), [sql]],
    ilikeAnyOf: [(q) => q.ilikeAnyOf('title', ['sql%', 'DATA%']), [python, sql]],
    regexMatch: [(q) => q.regexMatch('title', '^(SQL|Rust)'), [rust, sql]],
    regexIMatch: [(q) => q.regexIMatch('title', 'python$'), [python]],
    'is null': [(q) => q.is('duration_hours', null), [python]],
    'is true': [(q) => q.is('is_active', true), [python, rust, sql]],
    isDistinct: [(q) => q.isDistinct('duration_hours', 10), [python, rust]],
    'in, with a comma in a value': [(q) => q.in('title', [rust, sql]), [rust, sql]],
    'in, with nothing': [(q) => q.in('title', []), []],
    notIn: [(q) => q.notIn('title', [rust, sql]), [python]],
    'contains an array': [(q) => q.contains('skills_covered', ['sql']), [python, sql]],
    containedBy: [(q) => q.containedBy('skills_covered', ['sql', 'go']), [sql]],
    overlaps: [(q) => q.overlaps('skills_covered', ['linux', 'python']), [python, rust]],
    match: [(q) => q.match({ difficulty_level: 'beginner', duration_hours: 10 }), [sql]],
    not: [(q) => q.not('difficulty_level', 'in', '("beginner","advanced")'), [python]],
    'not is': [(q) => q.not('duration_hours', 'is', null), [rust, sql]],
    or: [(q) => q.or('difficulty_level.eq.beginner,and(duration_hours.gt.20,title.ilike.rust*)'), [rust, sql]],
    'or, with a quoted value': [(q) => q.or('title.eq."Rust, in depth",skills_covered.cs.{python}'), [python, rust]],
    'or, twice': [(q) => q.or('duration_hours.is.null,duration_hours.eq.10').or('title.like.S*,title.like.R*'), [sql]],
    filter: [(q) => q.filter('duration_hours', 'in', '(10,40)'), [rust, sql]],
    'textSearch, as to_tsquery': [(q) => q.textSearch('description', "'table' & 'join'", { config: 'english' }), [sql]],
    'textSearch, plain': [(q) => q.textSearch('description', 'charts tables', { type: 'plain', config: 'english' }), [python]],
    'textSearch, phrase': [(q) => q.textSearch('description', 'tables and joins', { type: 'phrase', config: 'english' }), [sql]],
    'textSearch, websearch': [(q) => q.textSearch('description', 'tables -charts', { type: 'websearch', config: 'english' }), [sql]],
  }
  for (const [name, [filter, expected]] of Object.entries(filters)) {
    it(`filters by ${name}`, async () => {
      const rows = await rowsOf(filter(paths()).order('title'))

      assert.deepEqual(rows.map((row) => row.title), expected)
    })
  }

  it('looks into JSON', async () => {
    const steps = ada.supabase.from('learning_path_steps').select('title, kind:resources->0->>kind')

    const contained = await rowsOf(steps.contains('resources', JSON.stringify([{ kind: 'video' }])))
    const compared = await rowsOf(ada.supabase.from('learning_path_steps').select('title').eq('resources->0->>url', 'https://example.com/a'))

    assert.deepEqual(contained, [{ title: 'Tables', kind: 'video' }])
    assert.deepEqual(compared, [{ title: 'Tables' }])
  })

  it('orders with nulls first or last, and reads pages', async () => {
    const titles = async (query) => (await rowsOf(query)).map((row) => row.title)

    assert.deepEqual(await titles(paths().order('duration_hours', { nullsFirst: true })), [python, sql, rust])
    assert.deepEqual(await titles(paths().order('duration_hours', { ascending: false, nullsFirst: false })), [rust, sql, python])
    assert.deepEqual(await titles(paths().order('title').limit(2)), [python, rust])
    assert.deepEqual(await titles(paths().order('title').range(1, 5)), [rust, sql])
    assert.deepEqual(await titles(paths().limit(0)), [])
  })

  it('counts, with rows and without', async () => {
    const exact = await clientFor(evolv).from('badges').select('slug', { count: 'exact' }).order('slug').range(2, 3)
    const head = await clientFor(evolv).from('badges').select('*', { count: 'exact', head: true }).like('slug', 'level-%')
    const planned = await backend.from('level_definitions').select('*', { count: 'planned', head: true })
    const estimated = await backend.from('level_definitions').select('level', { count: 'estimated' }).limit(1)

    assert.deepEqual([exact.status, exact.count, exact.data], [206, 11, [{ slug: 'expert' }, { slug: 'first-steps' }]])
    assert.deepEqual([head.status, head.count, head.data, head.error], [200, 4, null, null])
    assert.ok(planned.count > 0)
    assert.deepEqual([estimated.status, estimated.count, estimated.data], [206, 90, [{ level: 1 }]])
  })

  it('reads one row, perhaps one, or says that there is not one', async () => {
    const one = await badges().eq('slug', 'expert').single()
    const none = await badges().eq('slug', 'nothing').single()
    const several = await badges().like('slug', 'level-%').single()
    const perhaps = await badges().eq('slug', 'nothing').maybeSingle()
    const tooMany = await badges().like('slug', 'level-%').maybeSingle()

    assert.deepEqual(one.data, { slug: 'expert' })
    assert.deepEqual([none.status, { ...none.error }], [406, {
      code: 'PGRST116', details: 'The result contains 0 rows', hint: null, message: 'Cannot coerce the result to a single JSON object',
    }])
    assert.equal(several.error.details, 'The result contains 4 rows')
    assert.deepEqual([perhaps.data, perhaps.error, perhaps.status], [null, null, 200])
    assert.equal(tooMany.error.code, 'PGRST116')
  })

  it('reads CSV, and objects without what is null', async () => {
    const csv = await paths('title,duration_hours').order('title').csv()
    const stripped = await paths('title, duration_hours').eq('title', python).stripNulls()

    assert.equal(csv.data, 'title,duration_hours\n"Data with Python",\n"Rust, in depth",40\n"SQL from zero",10')
    assert.deepEqual(stripped.data, [{ title: python }])
  })

  it('sums and groups where that is allowed', async () => {
    const rows = await rowsOf(backend.from('learning_path_steps').select('step_type, estimated_minutes.sum(), count()').order('step_type'))

    assert.deepEqual(rows, [{ step_type: 'lesson', sum: 50, count: 2 }, { step_type: 'quiz', sum: 10, count: 1 }])
  })

  it('takes a thousand ids in one list', async () => {
    const ids = Array.from({ length: 999 }, () => crypto.randomUUID())

    const rows = await rowsOf(ada.supabase.from('posts').select('content').in('id', [...ids, post.id]))

    assert.deepEqual(rows, [{ content: 'first' }])
  })

  it('explains a query', async () => {
    const text = await paths().eq('title', sql).explain({ analyze: true, verbose: true })
    const json = await paths().explain({ format: 'json' })

    assert.match(text.data, /Seq Scan on public\.learning_paths.*\(actual time=/)
    assert.equal(json.data[0].Plan['Node Type'], 'Aggregate')
  })

  it('calls functions with POST and GET, and reads their rows like those of a table', async () => {
    const number = 'EVOLV-2026-000001'
    const post = await clientFor(evolv).rpc('verify_certificate', { certificate_number: number })
    const get = await clientFor(evolv).rpc('verify_certificate', { certificate_number: number }, { get: true }).select('status').limit(1)
    const head = await clientFor(evolv).rpc('verify_certificate', { certificate_number: number }, { head: true, count: 'exact' })
    const single = await clientFor(evolv).rpc('verify_certificate', { certificate_number: number }).maybeSingle()

    assert.deepEqual([post.status, post.data, post.error], [200, [], null])
    assert.deepEqual([get.status, get.data], [200, []])
    assert.deepEqual([head.status, head.count, head.data], [200, 0, null])
    assert.deepEqual([single.data, single.error], [null, null])
  })

  it('serves the schemas that are exposed and no other', async () => {
    const open = await clientFor(evolv).schema('public').from('badges').select('slug').eq('slug', 'expert')
    const closed = await backend.schema('auth').from('users').select()

    assert.deepEqual(open.data, [{ slug: 'expert' }])
    assert.deepEqual([closed.status, { ...closed.error }], [406, {
      code: 'PGRST106', details: null, hint: 'Only the following schemas are exposed: public', message: 'Invalid schema: auth',
    }])
  })

  it('ends with the client', async () => {
    const controller = new AbortController()
    controller.abort()

    const { error } = await badges().abortSignal(controller.signal)

    assert.match(error.message, /AbortError/)
    assert.equal((await badges().eq('slug', 'expert').abortSignal(AbortSignal.timeout(60_000))).data.length, 1)
  })

  it('has types, which gen types prints as they are compiled against here', () => {
    const printed = execFileSync(join(root, 'evolv'), ['gen', 'types', 'typescript'], { env: evolv.env, encoding: 'utf8' })

    assert.equal(printed, readFileSync(new URL('database.types.ts', import.meta.url), 'utf8'))
  })

  it('explains on the command line, as a person', () => {
    const printed = execFileSync(
      join(root, 'evolv'), ['explain', '/posts?select=content&limit=1', '--as', ada.email, '--analyze'], { env: evolv.env, encoding: 'utf8' })

    assert.match(printed, /^== Request\n[^]+^== Plan\n[^]+^role = authenticated\n[^]+^== SQL\n[^]+^== EXPLAIN\n[^]+actual time=/m)
  })

  it('serves postgrest-js without supabase-js', async () => {
    const rest = new PostgrestClient(`${evolv.API_URL}/rest/v1`, { headers: { apikey: evolv.PUBLISHABLE_KEY } })

    const { data } = await rest.from('badges').select('slug').in('rarity', ['legendary']).order('slug')
    const { error } = await rest.from('badge').select()

    assert.deepEqual(data, [{ slug: 'expert' }, { slug: 'level-20' }])
    assert.deepEqual({ ...error }, {
      code: 'PGRST205', details: null, hint: "Perhaps you meant the table 'public.badges'",
      message: "Could not find the table 'public.badge' in the schema cache",
    })
  })
})
