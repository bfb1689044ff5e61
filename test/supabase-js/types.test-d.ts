// Compiled by `npm run types`, never run: what is wrong must not compile, and what is right must.
import { createClient } from '@supabase/supabase-js'
import { Constants, type Database, type Tables, type TablesInsert, type TablesUpdate } from './database.types.ts'

const supabase = createClient<Database>('http://127.0.0.1:4111', 'sb_publishable_key')

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_Claim extends true>() => {}

// Rows ------------------------------------------------------------------------------------------------------------------

const posts = await supabase.from('posts').select('id, content, likes_count, guild_id').throwOnError()
holds<Equal<typeof posts.data, { id: string; content: string; likes_count: number; guild_id: string | null }[]>>()

// @ts-expect-error: no such column in what was selected
posts.data[0]?.likes

const misspelt = await supabase.from('posts').select('id, contents').throwOnError()
// @ts-expect-error: no such column in the table
misspelt.data[0]?.id

// @ts-expect-error: no such table
supabase.from('pots')

// @ts-expect-error: no such column to filter by
supabase.from('posts').select().eq('likes_total', 1)

const paths = await supabase.from('learning_paths').select('skills_covered, rating').single().throwOnError()
holds<Equal<typeof paths.data, { skills_covered: string[]; rating: number }>>()

const places = await supabase.from('leaderboard_all_time').select('full_name, rank').order('rank').throwOnError()
holds<Equal<typeof places.data, { full_name: string | null; rank: number | null }[]>>()

// @ts-expect-error: a view that nobody can write to
supabase.from('leaderboard_all_time').insert({ rank: 1 })

// Embedded --------------------------------------------------------------------------------------------------------------

const withAuthor = await supabase
  .from('posts')
  .select('id, author:profiles!posts_user_id_fkey(full_name), guilds(name), comments(content, profiles(full_name))')
  .throwOnError()
holds<Equal<(typeof withAuthor.data)[number]['author'], { full_name: string }>>()
holds<Equal<(typeof withAuthor.data)[number]['guilds'], { name: string } | null>>()
holds<Equal<(typeof withAuthor.data)[number]['comments'], { content: string; profiles: { full_name: string } }[]>>()

// One standing for each person: an object, not a list.
const people = await supabase.from('profiles').select('id, user_levels(total_xp)').throwOnError()
holds<Equal<(typeof people.data)[number]['user_levels'], { total_xp: number } | null>>()

// Writing ---------------------------------------------------------------------------------------------------------------

supabase.from('posts').insert({ content: 'Hello', visibility: 'followers' })
supabase.from('posts').update({ content: 'Hello again', deleted_at: null })

// @ts-expect-error: content is required
supabase.from('posts').insert({ visibility: 'public' })

// @ts-expect-error: not a text
supabase.from('posts').insert({ content: 1 })

// path_id is filled by the server: clients have no right to it and need not give it.
supabase.from('learning_path_step_progress').insert({ enrollment_id: 'e', step_id: 's', status: 'in_progress' })

// @ts-expect-error: always generated
supabase.from('activity_events').insert({ id: 1, type: 'a.b', user_id: 'u' })

// Functions -------------------------------------------------------------------------------------------------------------

const verified = await supabase.rpc('verify_certificate', { certificate_number: 'EVOLV-1' }).throwOnError()
holds<Equal<(typeof verified.data)[number]['status'], string>>()

const reviewed = await supabase
  .rpc('review_certification_request', { request_id: 'r', decision: 'approved' })
  .throwOnError()
holds<Equal<typeof reviewed.data, Tables<'certification_requests'>>>()

// @ts-expect-error: no such argument
supabase.rpc('verify_certificate', { number: 'EVOLV-1' })

// A page of an app ------------------------------------------------------------------------------------------------------

type Card = { id: string; text: string; author: string; guild: string | null; comments: number; replies: string[] }

export async function newestPosts(skill: string, signal: AbortSignal): Promise<Card[]> {
  const { data, error } = await supabase
    .from('posts')
    .select(`
      id, content, comments_count,
      author:profiles!posts_user_id_fkey ( full_name, user_levels ( current_level ) ),
      guild:guilds ( name ),
      comments ( content, created_at )
    `)
    .or(`content.ilike.%${skill}%,visibility.eq.public`)
    .order('created_at', { ascending: false })
    .order('created_at', { referencedTable: 'comments' })
    .limit(3, { referencedTable: 'comments' })
    .range(0, 19)
    .abortSignal(signal)
  if (error) throw new Error(`${error.code}: ${error.message}`)
  return data.map((post) => ({
    id: post.id,
    text: post.content,
    author: `${post.author.full_name} (${post.author.user_levels?.current_level ?? 1})`,
    guild: post.guild?.name ?? null,
    comments: post.comments_count,
    replies: post.comments.map((comment) => comment.content),
  }))
}

export async function publish(post: TablesInsert<'posts'>): Promise<Tables<'posts'>> {
  const { data } = await supabase.from('posts').insert(post).select().single().throwOnError()
  return data
}

export async function isValid(certificate_number: string): Promise<boolean> {
  const { data } = await supabase.rpc('verify_certificate', { certificate_number }, { get: true }).select('status').maybeSingle()
  return data?.status === 'valid'
}

export async function countPaths(): Promise<number> {
  const { count } = await supabase.from('learning_paths').select('*', { count: 'exact', head: true }).contains('skills_covered', ['sql'])
  return count ?? 0
}

// Types by name ---------------------------------------------------------------------------------------------------------

holds<Equal<Tables<'posts'>, Database['public']['Tables']['posts']['Row']>>()
holds<Equal<Tables<{ schema: 'public' }, 'posts'>, Tables<'posts'>>>()
holds<Equal<Tables<'leaderboard_all_time'>, Database['public']['Views']['leaderboard_all_time']['Row']>>()
holds<Equal<TablesInsert<'posts'>['content'], string>>()
holds<Equal<TablesUpdate<'posts'>['content'], string | undefined>>()
holds<Equal<typeof Constants.public.Enums, {}>>()

// @ts-expect-error: no such table
type Nothing = Tables<'pots'>

export type { Nothing }
