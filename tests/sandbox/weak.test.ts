import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openInProcessDriver, openProcessDriver } from '@syntropism/runtime'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { removeDir, tempDir } from '../program.ts'

const LIMITS = { cpu_millicores: 1000, disk_mb: 16, duration_ms: 120_000, files_max: 1000, memory_mb: 128, open_files_max: 64, processes_max: 4 }
let root = ''
beforeEach(() => {
  root = tempDir()
  for (const folder of ['node_modules', 'work']) mkdirSync(join(root, folder))
})
afterEach(() => removeDir(root))
const runOf = (command: string[], limits: Partial<typeof LIMITS> = {}) => ({
  command,
  env: {},
  limits: { ...LIMITS, ...limits },
  run_id: 'r',
  service_socket_path: '',
  service_url: 'http://127.0.0.1:1',
  workspace_dir: join(root, 'work'),
})

it('plain processes are opened by one who has said that they are weak, and say it themselves', async () => {
  const options = { library_dir: root, state_dir: root }
  await expect(openProcessDriver({ ...options, allow_weak: false })).rejects.toThrow(/--allow-weak-sandbox/)
  const driver = await openProcessDriver({ ...options, allow_weak: true })
  expect(driver.name).toContain('weak')
  expect(driver.protections.filter((one) => !one.active).map((one) => one.name)).toEqual(expect.arrayContaining(['files', 'programs', 'network']))
  await driver.close()
})

it('plain processes of any language are held to their limits', async () => {
  const driver = await openProcessDriver({ allow_weak: true, library_dir: root, state_dir: root })
  const end = async (code: string, limits: Partial<typeof LIMITS> = {}) => (await driver.start(runOf(['/bin/sh', '-c', code], limits))).exit
  expect(await end('echo hello')).toMatchObject({ cause: 'completed', output_tail: 'hello\n' })
  expect(await end('sleep 60', { duration_ms: 300 })).toMatchObject({ cause: 'wall_limit' })
  expect(await end('for n in 1 2 3 4 5 6 7 8 9; do sleep 60 & done; wait')).toMatchObject({ cause: 'process_limit' })
  expect(await end('i=0; while [ $i -lt 200 ]; do head -c 1000000 /dev/zero > f$i; i=$((i+1)); done; sleep 60')).toMatchObject({ cause: 'disk_limit' })
  for (const name of readdirSync(join(root, 'work'))) rmSync(join(root, 'work', name))
  expect((await end('ulimit -n; ulimit -c')).output_tail).toBe('64\n0\n')
  writeFileSync(join(root, 'work', 'main.mjs'), 'console.log(process.version)')
  expect((await (await driver.start(runOf(['node', 'main.mjs']))).exit).output_tail.trim()).toBe(process.version)
  await driver.close()
})

it('trusted strategies run in this process, and end for the economy with their window', async () => {
  const seen: string[] = []
  const driver = openInProcessDriver({
    bids: async (run) => void seen.push(run.service_url),
    fails: async () => Promise.reject(new Error('no idea')),
    hangs: (_run, signal) => new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error))),
  })
  const end = async (name: string, duration_ms = 120_000) => (await driver.start(runOf(['strategy', name], { duration_ms }))).exit
  expect(await end('bids')).toMatchObject({ cause: 'completed', exit_code: 0 })
  expect(seen).toEqual(['http://127.0.0.1:1'])
  expect(await end('fails')).toMatchObject({ cause: 'crashed', detail: 'no idea' })
  expect(await end('hangs', 50)).toMatchObject({ cause: 'wall_limit' })
  await expect(driver.start(runOf(['node', 'main.mjs']))).rejects.toMatchObject({ code: 'command_refused' })
  expect(driver.protections.filter((one) => one.active).map((one) => one.name)).toEqual(['wall time'])
})
