// A person in a real browser: from the app to the provider's form, and back with a session.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launchBrowser, serveApp } from './browser.mjs'
import { startWithProvider } from './oidc.mjs'

describe('a browser at a provider', () => {
  let evolv, app, browser
  before(async () => {
    evolv = await startWithProvider()
    app = await serveApp()
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    app?.close()
    await evolv.stop()
  })

  /** What the app does on each page. */
  const start = (tab, flowType) => tab.evaluate(async ({ url, key, flowType }) => {
    window.client = window.supabase.createClient(url, key, { auth: { flowType } })
    return (await window.client.auth.getSession()).data.session
  }, { url: evolv.API_URL, key: evolv.PUBLISHABLE_KEY, flowType })

  for (const flowType of ['implicit', 'pkce']) {
    it(`signs in, stays signed in and signs out, with ${flowType}`, async () => {
      const tab = await (await browser.newContext()).newPage()
      await tab.goto(`http://localhost:${app.address().port}/`)
      assert.equal(await start(tab, flowType), null)

      await tab.evaluate(() => void window.client.auth.signInWithOAuth({ provider: 'keycloak', options: { redirectTo: location.href } }))
      await tab.waitForURL(`${evolv.issuer}/interaction/**`)
      await tab.fill('input[name=login]', `lena-${flowType}`)
      await tab.click('button')
      await tab.waitForURL(`http://localhost:${app.address().port}/**`)

      const session = await start(tab, flowType)
      assert.equal(session.user.email, `lena-${flowType}@provider.example.com`)
      assert.ok(session.provider_token)
      assert.doesNotMatch(await tab.evaluate(() => location.href), /access_token|code=/)
      await tab.reload()
      assert.equal((await start(tab, flowType)).user.id, session.user.id)
      await tab.evaluate(() => window.client.auth.signOut())
      await tab.reload()
      assert.equal(await start(tab, flowType), null)
      await tab.close()
    })
  }
})
