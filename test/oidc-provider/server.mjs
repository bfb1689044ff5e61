// An OpenID provider on a free port: node server.mjs <redirect address>… prints its issuer. People need no password: the login is asked
// for by a form, or comes as login_hint. "ada" is ada@provider.example.com, whose address is verified; "unverified-…" is somebody whose
// address is not, "silent-…" has none, and "refused" does not consent.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const keys = () => [['rsa', { modulusLength: 2048 }, 'RS256'], ['ec', { namedCurve: 'P-256' }, 'ES256']].map(([type, options, alg]) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: randomBytes(8).toString('hex'),
}))

const server = createServer()
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'evolv',
    client_secret: 'evolv-secret-for-tests',
    redirect_uris: process.argv.slice(2),
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }],
  jwks: { keys: keys() },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture', 'preferred_username'] },
  pkce: { methods: ['S256'], required: () => true },
  features: { devInteractions: { enabled: false } },
  issueRefreshToken: () => true,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, login) => ({
    accountId: login,
    claims: () => ({
      sub: login,
      name: `${login[0].toUpperCase()}${login.slice(1)} of the provider`,
      picture: `https://provider.example.com/${login}.png`,
      preferred_username: login,
      ...(login.startsWith('silent-') ? {} : { email: `${login}@provider.example.com`, email_verified: !login.startsWith('unverified-') }),
    }),
  }),
})

const form = '<!doctype html><title>Sign in</title><form method="post"><input name="login" autofocus><button>Sign in</button></form>'

async function readLogin(request) {
  let body = ''
  for await (const chunk of request) body += chunk
  return new URLSearchParams(body).get('login')
}

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'consent') {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
    grant.addOIDCScope(params.scope)
    const result = { consent: { grantId: await grant.save() } }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
  }

  const login = request.method === 'POST' ? await readLogin(request) : params.login_hint
  if (!login) return response.writeHead(200, { 'content-type': 'text/html' }).end(form)
  const result = login === 'refused'
    ? { error: 'access_denied', error_description: 'End-User aborted interaction' }
    : { login: { accountId: login } }
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

const answer = provider.callback()
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response)
  interact(request, response).catch((error) => response.writeHead(400).end(error.message))
})
console.log(issuer)
process.stdin.resume().on('end', () => process.exit()) // Whoever started it has gone.
