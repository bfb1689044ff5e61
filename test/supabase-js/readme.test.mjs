// Runs the commands of the README, in the order in which they stand there.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { root, startEvolv } from './server.mjs'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const [withCurl, withClient] = [...readme.matchAll(/<!-- run -->\n```sh\n([\s\S]*?)```/g)].map((match) => match[1])

describe('README', () => {
  let evolv, folder
  before(async () => {
    evolv = await startEvolv() // its first command, ./evolv
    folder = mkdtempSync(join(tmpdir(), 'evolv-readme-'))
    symlinkSync(join(root, 'evolv'), join(folder, 'evolv'))
  })
  after(async () => {
    await evolv.stop()
    rmSync(folder, { recursive: true })
  })

  const run = (script) => {
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env: evolv.env, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    return stdout
  }

  it('has a first minute with curl that works', () => {
    const printed = run(withCurl)

    assert.ok(printed.includes('[{"content":"Hello, Evolv","profiles":{"full_name": "Grace"}}]'), printed)
    assert.match(printed, /"level_up": true/)
    assert.match(printed, /"name" : "On the Way"/)
  })

  it('has a first minute with supabase-js that works', () => {
    const printed = run(withClient)

    assert.match(printed, /^1 \[ \{ content: 'My first query', profiles: \{ full_name: 'Ada' \} \} \]$/m)
    assert.match(printed, /new_level: 3/)
    assert.match(printed, /achievement \{/)
    assert.match(printed, /^live: post$/m)
    assert.match(printed, /^live: achievement$/m)
  })

  it('names the two commands', () => {
    assert.match(readme, /^## Start\n\n```sh\n\.\/evolv\n```/m)
    assert.match(readme, /^## Test\n\n```sh\n\.\/evolv test\n```/m)
  })
})
