// Starts Evolv as an operator does and stops it at the end. EVOLV__ variables choose a folder and a free port, so that
// every ./evolv of a test means this one.
import { spawn, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** @param settings More variables: { EVOLV__REST__DBMAXROWS: '5' } */
export async function startEvolv(settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'evolv-js-'))
  const env = {
    ...process.env,
    EVOLV__URLS: `http://127.0.0.1:${await freePort()}`,
    ...settings,
    EVOLV__DATA: join(folder, 'data'),
  }
  let evolv = await launch(env)
  const end = async () => {
    const gone = new Promise((resolve) => evolv.on('exit', resolve))
    evolv.kill('SIGTERM')
    await gone
  }
  const status = JSON.parse(execFileSync(join(root, 'evolv'), ['status', '-o', 'json'], { env, encoding: 'utf8' }))
  return {
    ...status,
    env,
    folder,
    /** Ends it as an operator does and starts it again, at the same address. */
    async restart() {
      await end()
      evolv = await launch(env)
    },
    async stop() {
      await end()
      rmSync(folder, { recursive: true })
    },
  }
}

function launch(env) {
  const evolv = spawn(join(root, 'evolv'), [], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let printed = ''
    evolv.stdout.on('data', (text) => {
      printed += text
      if (printed.includes('./evolv status shows this again')) resolve(evolv)
    })
    evolv.on('exit', (code) => reject(new Error(`./evolv ended with ${code}: ${printed}`)))
  })
}
