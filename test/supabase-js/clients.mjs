import { createClient } from '@supabase/supabase-js'
import ws from 'ws'

/** The stock client as an app makes it, without a browser's storage and, for Node 20, with a WebSocket. */
export const clientFor = (evolv, key = evolv.PUBLISHABLE_KEY, realtime = {}) =>
  createClient(evolv.API_URL, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: ws, ...realtime },
  })

export const password = 'correct horse battery'

let people = 0

/** A new person and the client with which they are signed in. */
export async function signUp(evolv, name = 'person', realtime = {}) {
  const supabase = clientFor(evolv, evolv.PUBLISHABLE_KEY, realtime)
  const email = `${name}-${++people}@example.com`
  const { data, error } = await supabase.auth.signUp({ email, password, options: { data: { full_name: name } } })
  if (error) throw error
  return { supabase, email, id: data.user.id, session: data.session }
}
