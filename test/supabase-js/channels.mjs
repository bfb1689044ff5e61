// Clients of /realtime/v1: joining channels, and waiting for what arrives on them.
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'
import { clientFor, signUp } from './clients.mjs'

const connected = []

/** A client that hangUp() disconnects: an open socket keeps Node running. */
export function connect(evolv, key, realtime) {
  const supabase = clientFor(evolv, key, realtime)
  connected.push(supabase)
  return supabase
}

/** The same for a new person. */
export async function join(evolv, name, realtime) {
  const person = await signUp(evolv, name, realtime)
  connected.push(person.supabase)
  return person
}

/** The same for an app that has its tokens from elsewhere and does not know when a session ends. Its token may be replaced. */
export async function connectWith(evolv, token) {
  const app = { token }
  app.supabase = createClient(evolv.API_URL, evolv.PUBLISHABLE_KEY, { accessToken: async () => app.token, realtime: { transport: ws } })
  connected.push(app.supabase)
  await app.supabase.realtime.setAuth() // before it joins anything
  return app
}

export const hangUp = () => Promise.all(connected.splice(0).map((supabase) => supabase.realtime.disconnect()))

/** Keeps what arrives, in order. */
export function inbox() {
  const received = []
  const waiting = new Set()
  return {
    received,
    put(event) {
      received.push(event)
      for (const look of waiting) look()
    },
    /** Takes the first event that matches, now or later. */
    next(matches = () => true, milliseconds = 5000) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const index = received.findIndex(matches)
          if (index < 0) return
          waiting.delete(look)
          clearTimeout(timer)
          resolve(received.splice(index, 1)[0])
        }
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`nothing matched ${matches} within ${milliseconds} ms; received: ${JSON.stringify(received)}`))
        }, milliseconds)
        waiting.add(look)
        look()
      })
    },
  }
}

/** An inbox of the channel's events of one kind; '*' for all of them. */
export function listen(channel, kind, filter = { event: '*' }) {
  const events = inbox()
  channel.on(kind, filter, events.put)
  return events
}

/** Subscribes. The inbox holds what the channel reports: 'SUBSCRIBED', 'CLOSED', 'CHANNEL_ERROR: why'. */
export function subscribe(channel) {
  const statuses = inbox()
  channel.subscribe((status, error) => statuses.put(error ? `${status}: ${error.message}` : status))
  return statuses
}

/** Subscribes and waits until the channel is joined. */
export async function joined(channel) {
  const statuses = subscribe(channel)
  assert.equal(await statuses.next(), 'SUBSCRIBED', channel.topic)
  return statuses
}

/** Subscribes and waits until the server has said no. @returns Its reason. */
export async function refused(channel) {
  const status = await subscribe(channel).next()
  const leaving = channel.unsubscribe() // or the client tries again
  assert.match(status, /^CHANNEL_ERROR: /, channel.topic)
  await leaving
  return status.slice('CHANNEL_ERROR: '.length)
}

/** Waits until changes of tables flow. Call it in the same turn as subscribe(), or their announcement is missed. */
export async function flowing(channel) {
  const { status, message } = await listen(channel, 'system').next((message) => message.extension === 'postgres_changes')
  assert.deepEqual([status, message], ['ok', 'Subscribed to PostgreSQL'])
}

let watches = 0

/** Subscribes to changes of tables, on one channel, and waits until they flow. @returns An inbox for each binding. */
export async function watch(supabase, ...bindings) {
  const channel = supabase.channel(`watch ${++watches}`)
  const inboxes = bindings.map((binding) => listen(channel, 'postgres_changes', { event: '*', schema: 'public', ...binding }))
  const flows = flowing(channel)
  await Promise.all([joined(channel), flows])
  return inboxes
}

/** A follow that is accepted, without which nobody sees what is for followers. */
export async function follow(follower, followed) {
  await follower.supabase.from('user_follows').insert({ follower_id: follower.id, following_id: followed.id }).throwOnError()
  await followed.supabase.from('user_follows').update({ status: 'accepted' }).eq('follower_id', follower.id).throwOnError()
}

export const unfollow = (follower, followed) =>
  follower.supabase.from('user_follows').delete().match({ follower_id: follower.id, following_id: followed.id }).throwOnError()
