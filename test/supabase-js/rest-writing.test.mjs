// Writing through supabase.from(), and what row-level security and PostgreSQL refuse: as a visitor, as the owner, as a
// stranger and as the service.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { clientFor, signUp } from './clients.mjs'
import { rowsOf } from './rest.mjs'
import { startEvolv } from './server.mjs'

describe('rest: writing', () => {
  let evolv, ada, grace, anon, backend
  before(async () => {
    evolv = await startEvolv({ EVOLV__REST__DBTXEND: 'commit-allow-override' })
    anon = clientFor(evolv)
    backend = clientFor(evolv, evolv.SECRET_KEY)
    ada = await signUp(evolv, 'ada')
    grace = await signUp(evolv, 'grace')
  })
  after(() => evolv.stop())

  const newPost = async (person, more = {}) => rowsOf(person.supabase.from('posts').insert({ content: 'hello', ...more }).select('id').single())
  const failure = ({ error, status }) => ({ status, ...error })

  describe('insert', () => {
    it('answers nothing unless rows are asked for', async () => {
      const { data, error, status, statusText, count } = await ada.supabase.from('posts').insert({ content: 'quiet' })

      assert.deepEqual({ data, error, status, statusText, count }, { data: null, error: null, status: 201, statusText: 'Created', count: null })
      assert.equal((await rowsOf(ada.supabase.from('posts').select().eq('content', 'quiet'))).length, 1)
    })

    it('answers what the row has become, with what is embedded in it', async () => {
      const { data, status } = await ada.supabase
        .from('posts')
        .insert({ content: 'loud' })
        .select('content, visibility, likes_count, profiles!posts_user_id_fkey(full_name), comments(content)')
        .single()

      assert.equal(status, 201)
      assert.deepEqual(data, { content: 'loud', visibility: 'public', likes_count: 0, profiles: { full_name: 'ada' }, comments: [] })
    })

    it('takes many rows and counts them', async () => {
      const { data, count } = await ada.supabase
        .from('posts')
        .insert([{ content: 'many 1' }, { content: 'many 2' }], { count: 'exact' })
        .select('content')
        .order('content', { ascending: false })

      assert.deepEqual(data, [{ content: 'many 2' }, { content: 'many 1' }])
      assert.equal(count, 2)
    })

    it('fills what a row lacks with null or, when asked, with the default', async () => {
      const rows = [{ content: 'open' }, { content: 'closed', visibility: 'private' }]

      const withNull = await ada.supabase.from('posts').insert(rows)
      const withDefault = await ada.supabase.from('posts').insert(rows, { defaultToNull: false }).select('content, visibility')

      assert.deepEqual([withNull.error.code, withNull.status], ['23502', 400])
      assert.deepEqual(withDefault.data, [{ content: 'open', visibility: 'public' }, { content: 'closed', visibility: 'private' }])
    })

    it('takes large bodies', async () => {
      const rows = Array.from({ length: 500 }, () => ({ content: 'x'.repeat(5000) }))

      const { status, count } = await ada.supabase.from('posts').insert(rows, { count: 'exact' }).rollback()

      assert.deepEqual([status, count], [201, 500])
      assert.equal((await ada.supabase.from('posts').select('*', { count: 'exact', head: true }).like('content', 'xxx*')).count, 0)
    })
  })

  describe('upsert', () => {
    it('inserts, then merges on the key that is named', async () => {
      const guilds = backend.from('guilds')
      const first = await guilds.upsert({ slug: 'sql', name: 'SQL', owner_id: ada.id }, { onConflict: 'slug' }).select('name').single()
      const second = await guilds.upsert({ slug: 'sql', name: 'All about SQL', owner_id: ada.id }, { onConflict: 'slug' }).select('name').single()

      assert.deepEqual([first.status, first.data], [201, { name: 'SQL' }])
      assert.deepEqual([second.status, second.data], [200, { name: 'All about SQL' }])
      assert.deepEqual(await rowsOf(anon.from('guilds').select('name').eq('slug', 'sql')), [{ name: 'All about SQL' }])
    })

    it('merges on the primary key by default', async () => {
      const { id } = await newPost(ada)

      const { data } = await backend.from('posts').upsert({ id, user_id: ada.id, content: 'merged' }).select('id, content')

      assert.deepEqual(data, [{ id, content: 'merged' }])
    })

    it('leaves what is there when asked', async () => {
      const rows = [{ follower_id: ada.id, following_id: grace.id }]
      await ada.supabase.from('user_follows').insert(rows).throwOnError()

      const { data, status, error } = await ada.supabase
        .from('user_follows')
        .upsert(rows, { onConflict: 'follower_id,following_id', ignoreDuplicates: true })
        .select('status')

      assert.deepEqual({ data, status, error }, { data: [], status: 201, error: null })
    })
  })

  describe('update', () => {
    it('changes what the filter keeps, and answers rows when asked', async () => {
      const { id } = await newPost(ada)

      const quiet = await ada.supabase.from('posts').update({ content: 'edited' }).eq('id', id)
      const loud = await ada.supabase.from('posts').update({ visibility: 'private' }, { count: 'exact' }).eq('id', id).select('content, visibility')

      assert.deepEqual([quiet.status, quiet.data, quiet.error], [204, null, null])
      assert.deepEqual([loud.status, loud.count, loud.data], [200, 1, [{ content: 'edited', visibility: 'private' }]])
    })

    it('is no error when nothing is found', async () => {
      const { data, status, error } = await ada.supabase.from('posts').update({ content: 'x' }).eq('id', crypto.randomUUID()).select()

      assert.deepEqual({ data, status, error }, { data: [], status: 200, error: null })
    })

    it('changes no more rows than it may', async () => {
      const posts = [await newPost(ada), await newPost(ada)].map((post) => post.id)

      const refused = await ada.supabase.from('posts').update({ content: 'both' }).in('id', posts).maxAffected(1).select('id')

      assert.deepEqual(failure(refused), {
        status: 400, code: 'PGRST124', details: 'The query affects 2 rows', hint: null,
        message: 'Query result exceeds max-affected preference constraint',
      })
      assert.deepEqual(await rowsOf(ada.supabase.from('posts').select('content').in('id', posts)), [{ content: 'hello' }, { content: 'hello' }])
    })

    it('is undone when it was to find one row and found another number', async () => {
      const posts = [await newPost(ada), await newPost(ada)].map((post) => post.id)

      const { error } = await ada.supabase.from('posts').update({ content: 'one?' }).in('id', posts).select('id').single()

      assert.equal(error.code, 'PGRST116')
      assert.equal((await ada.supabase.from('posts').select('*', { count: 'exact', head: true }).eq('content', 'one?')).count, 0)
    })
  })

  describe('delete', () => {
    it('takes away what the filter keeps, and answers rows when asked', async () => {
      const [one, two] = [await newPost(ada), await newPost(ada)]

      const quiet = await ada.supabase.from('posts').delete({ count: 'exact' }).eq('id', one.id)
      const loud = await ada.supabase.from('posts').delete().eq('id', two.id).select('id')

      assert.deepEqual([quiet.status, quiet.count, quiet.data], [204, 1, null])
      assert.deepEqual([loud.status, loud.data], [200, [two]])
      assert.deepEqual(await rowsOf(ada.supabase.from('posts').select('id').in('id', [one.id, two.id])), [])
    })

    it('can be rehearsed', async () => {
      const { id } = await newPost(ada)

      const { data } = await ada.supabase.from('posts').delete().eq('id', id).select('id').rollback()

      assert.deepEqual(data, [{ id }])
      assert.deepEqual(await rowsOf(ada.supabase.from('posts').select('id').eq('id', id)), [{ id }])
    })
  })

  describe('row-level security', () => {
    it('shows each what they may see', async () => {
      const { id } = await newPost(ada, { visibility: 'private' })
      const seenBy = async (client) => (await rowsOf(client.from('posts').select('id').eq('id', id))).length

      assert.deepEqual(
        { anon: await seenBy(anon), owner: await seenBy(ada.supabase), stranger: await seenBy(grace.supabase), service: await seenBy(backend) },
        { anon: 0, owner: 1, stranger: 0, service: 1 },
      )
    })

    it('shows followers what is for them, once they are accepted', async () => {
      const [hedy, joan] = [await signUp(evolv, 'hedy'), await signUp(evolv, 'joan')]
      const { id } = await newPost(hedy, { visibility: 'followers' })
      const seen = () => rowsOf(joan.supabase.from('posts').select('id').eq('id', id))

      await joan.supabase.from('user_follows').insert({ following_id: hedy.id }).throwOnError()
      const pending = await seen()
      await hedy.supabase.from('user_follows').update({ status: 'accepted' }).eq('follower_id', joan.id).throwOnError()

      assert.deepEqual([pending, await seen()], [[], [{ id }]])
    })

    it('lets nobody write to what is of others', async () => {
      const { id } = await newPost(ada)

      const stranger = await grace.supabase.from('posts').update({ content: 'mine now' }).eq('id', id).select()
      const removed = await grace.supabase.from('posts').delete().eq('id', id).select()
      const inTheirName = await grace.supabase.from('posts').insert({ user_id: ada.id, content: 'forged' })
      const visitor = await anon.from('posts').insert({ content: 'spam' })

      assert.deepEqual([stranger.data, removed.data], [[], []])
      assert.deepEqual(failure(inTheirName), {
        status: 403, code: '42501', details: null, hint: null, message: 'new row violates row-level security policy for table "posts"',
      })
      assert.deepEqual([visitor.status, visitor.error.code, visitor.error.message], [401, '42501', 'permission denied for table posts'])
      assert.deepEqual(await rowsOf(backend.from('posts').select('content').eq('id', id)), [{ content: 'hello' }])
    })

    it('keeps the columns of the system', async () => {
      const { id } = await newPost(ada)

      const counter = await ada.supabase.from('posts').update({ likes_count: 1000 }).eq('id', id)
      const xp = await ada.supabase.from('user_levels').update({ total_xp: 1_000_000 }).eq('user_id', ada.id)
      const service = await backend.from('posts').update({ likes_count: 3 }).eq('id', id).select('likes_count')

      assert.deepEqual([counter.status, counter.error.code], [403, '42501'])
      assert.deepEqual([xp.status, xp.error.code], [403, '42501'])
      assert.deepEqual(service.data, [{ likes_count: 3 }])
    })
  })

  describe('errors', () => {
    it('come from PostgreSQL with its words and the status of their kind', async () => {
      const post = await newPost(ada)
      await ada.supabase.from('post_likes').insert({ post_id: post.id }).throwOnError()

      const answers = {
        unique: await ada.supabase.from('post_likes').insert({ post_id: post.id }),
        foreign: await ada.supabase.from('user_follows').insert({ following_id: crypto.randomUUID() }),
        check: await ada.supabase.from('posts').insert({ content: ' ' }),
        text: await ada.supabase.from('posts').select().eq('id', 'abc'),
        column: await ada.supabase.from('posts').select('colour'),
        written: await ada.supabase.from('posts').insert({ colour: 'red' }),
        table: await ada.supabase.from('pots').select(),
        embed: await ada.supabase.from('posts').select('skills(name)'),
        ambiguous: await ada.supabase.from('user_follows').select('profiles(full_name)'),
        function: await ada.supabase.rpc('verify_certificat', { certificate_number: 'x' }),
        filter: await ada.supabase.from('posts').select().filter('id', 'equals', 'x'),
      }

      assert.deepEqual(
        Object.fromEntries(Object.entries(answers).map(([name, { status, error }]) => [name, `${status} ${error?.code} ${error?.message}`])),
        {
          unique: '409 23505 duplicate key value violates unique constraint "post_likes_post_id_user_id_key"',
          foreign: '409 23503 insert or update on table "user_follows" violates foreign key constraint "user_follows_following_id_fkey"',
          check: '400 23514 new row for relation "posts" violates check constraint "posts_content_check"',
          text: '400 22P02 invalid input syntax for type uuid: "abc"',
          column: '400 42703 column posts.colour does not exist',
          written: "400 PGRST204 Could not find the 'colour' column of 'posts' in the schema cache",
          table: "404 PGRST205 Could not find the table 'public.pots' in the schema cache",
          embed: "400 PGRST200 Could not find a relationship between 'posts' and 'skills' in the schema cache",
          ambiguous: "300 PGRST201 Could not embed because more than one relationship was found for 'user_follows' and 'profiles'",
          function: '404 PGRST202 Could not find the function public.verify_certificat(certificate_number) in the schema cache',
          filter: '400 PGRST100 "failed to parse filter (equals.x)" (line 1, column 3)',
        },
      )
      assert.equal(answers.table.error.hint, "Perhaps you meant the table 'public.posts'")
      assert.match(answers.function.error.hint, /public\.verify_certificate/)
      assert.deepEqual(
        answers.ambiguous.error.details.map((candidate) => candidate.relationship),
        [
          'user_follows_follower_id_fkey using user_follows(follower_id) and profiles(id)',
          'user_follows_following_id_fkey using user_follows(following_id) and profiles(id)',
        ],
      )
    })

    it('are thrown when asked', async () => {
      await assert.rejects(
        async () => ada.supabase.from('pots').select().throwOnError(),
        { name: 'PostgrestError', code: 'PGRST205', details: null, hint: "Perhaps you meant the table 'public.posts'" },
      )
    })

    it('come from functions, and from reading functions that would write', async () => {
      const missing = await ada.supabase.rpc('review_certification_request', { request_id: crypto.randomUUID(), decision: 'approved' })
      const visitor = await anon.rpc('review_certification_request', { request_id: crypto.randomUUID(), decision: 'approved' })

      assert.deepEqual([missing.status, missing.error.code], [403, '42501'])
      assert.deepEqual(failure(visitor), {
        status: 401, code: '42501', details: null, hint: null, message: 'permission denied for function review_certification_request',
      })
    })

    it('name a key that is none, and a token that has been tampered with', async () => {
      const key = await clientFor(evolv, 'sb_publishable_nonsense').from('badges').select()
      const forged = ada.session.access_token.slice(0, -6) + 'AAAAAA'
      const token = await fetch(`${evolv.API_URL}/rest/v1/badges`, { headers: { apikey: evolv.PUBLISHABLE_KEY, authorization: `Bearer ${forged}` } })

      assert.equal(key.status, 401)
      assert.equal(token.status, 401)
      assert.match(token.headers.get('www-authenticate'), /^Bearer error="invalid_token"/)
    })
  })
})
