import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { removeDir, tempDir } from '../program.ts'

const LAUNCHER = resolve(import.meta.dirname, '../../packages/syntropism/bin/syntropism.js')
const folder = tempDir()
afterAll(() => removeDir(folder))

/** Writes the modules that the program loads, one a line, when it ends. */
const RECORDER = `import { registerHooks } from 'node:module'
import { appendFileSync } from 'node:fs'
registerHooks({ load(url, context, next) { appendFileSync(process.env.LOADED, url + '\\n'); return next(url, context) } })`

const launch = (args: readonly string[], env: NodeJS.ProcessEnv): { readonly status: number | null; readonly stderr: string; readonly stdout: string } =>
  spawnSync(process.execPath, [LAUNCHER, ...args], { encoding: 'utf8', env: { ...process.env, ...env } })

describe('the launcher', () => {
  it('loads for a run neither the runtime nor what writes files', () => {
    const [recorder, loaded] = [join(folder, 'recorder.mjs'), join(folder, 'loaded')]
    writeFileSync(recorder, RECORDER)
    const options = { LOADED: loaded, NODE_OPTIONS: `--import=${recorder}`, XDG_CACHE_HOME: join(folder, 'recorded') }
    expect(launch(['simulate', 'boltzmann', '--agents', '10', '--steps', '2', '--json'], options)).toMatchObject({ status: 0, stderr: '' })
    const modules = readFileSync(loaded, 'utf8')
    expect(modules).toContain('simulate-command')
    expect(modules).toContain('/models/boltzmann/')
    for (const absent of ['packages/runtime/', 'hyparquet', 'kysely', 'node/report']) expect(modules).not.toContain(absent)
  })

  it('keeps what was compiled in the cache folder, filled by another process at the first run of a model', () => {
    const cache = join(folder, 'cache')
    const args = ['simulate', 'boltzmann', '--agents', '10', '--steps', '2', '--json']
    const first = launch(args, { XDG_CACHE_HOME: cache })
    const [made = ''] = readdirSync(join(cache, 'syntropism'))
    const files = readdirSync(join(cache, 'syntropism', made))
    expect(files).toContain('holds-a-run')
    expect(files.length).toBeGreaterThan(100)
    expect(launch(args, { XDG_CACHE_HOME: cache }).stdout).toBe(first.stdout)
  })

  it('does without a cache where no folder can be made', () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    expect(launch(['--version'], { XDG_CACHE_HOME: join(file, 'below') })).toMatchObject({ status: 0, stderr: '', stdout: '0.1.0\n' })
  })
})
