// Evolv and a provider that others wrote (test/oidc-provider), which know each other.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { freePort, root, startEvolv } from './server.mjs'

/** @param settings More variables of Evolv's. */
export async function startWithProvider(settings = {}) {
  const url = `http://127.0.0.1:${await freePort()}`
  const provider = spawn('node', ['server.mjs', `${url}/auth/v1/callback`], {
    cwd: join(root, 'test/oidc-provider'), stdio: ['pipe', 'pipe', 'ignore'],
  })
  const issuer = await new Promise((resolve, reject) => {
    provider.stdout.once('data', (line) => resolve(line.toString().trim()))
    provider.once('exit', () => reject(new Error('oidc-provider ended; ./evolv test installs it')))
  })
  const evolv = await startEvolv({
    EVOLV__URLS: url,
    EVOLV__AUTH__SITEURL: url,
    EVOLV__AUTH__EXTERNAL__KEYCLOAK__ISSUER: issuer,
    EVOLV__AUTH__EXTERNAL__KEYCLOAK__CLIENT_ID: 'evolv',
    EVOLV__AUTH__EXTERNAL__KEYCLOAK__CLIENT_SECRET: 'evolv-secret-for-tests',
    ...settings,
  })
  return { ...evolv, issuer, stop: () => (provider.stdin.end(), evolv.stop()) }
}

/** Goes where a browser would, with cookies, until a redirect leads to the app. */
export async function follow(url, app) {
  const cookies = new Map()
  for (let hops = 0; hops < 15; hops++) {
    if (url.startsWith(app)) return new URL(url)
    const { origin } = new URL(url)
    const jar = cookies.get(origin) ?? cookies.set(origin, new Map()).get(origin)
    const answer = await fetch(url, {
      redirect: 'manual', headers: { cookie: [...jar].map((pair) => pair.join('=')).join('; ') },
    })
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split('=')
      if (value) jar.set(name, value)
      else jar.delete(name)
    }
    const location = answer.headers.get('location')
    if (!location) throw new Error(`${url} answers ${answer.status} ${await answer.text()}`)
    url = new URL(location, url).href
  }
  throw new Error(`led in circles: ${url}`)
}
