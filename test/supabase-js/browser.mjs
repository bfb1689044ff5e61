// A real browser, and an app in it that is nothing but the stock bundle of supabase-js.
import { accessSync, constants, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { chromium } from 'playwright-core'

const bundle = readFileSync(new URL('node_modules/@supabase/supabase-js/dist/umd/supabase.js', import.meta.url))
const page = '<!doctype html><meta charset="utf-8"><title>An app</title><script src="/supabase.js"></script>'

/** Debian's browser, or another of its kind that is installed. */
const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => process.env.PATH.split(path.delimiter).map((folder) => path.join(folder, name)))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** A web server with nothing but the bundle, as a front end has one of its own. */
export async function serveApp() {
  const server = createServer((request, response) => {
    const isBundle = request.url === '/supabase.js'
    response.writeHead(200, { 'content-type': isBundle ? 'text/javascript' : 'text/html' }).end(isBundle ? bundle : page)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

// It refuses root its sandbox.
export const launchBrowser = () => chromium.launch({ executablePath, chromiumSandbox: process.getuid() !== 0 })
