import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SandboxDriver, type SandboxExit, openBwrapDriver, openProcessDriver } from './index.ts'
import type { SandboxOptions } from './types.ts'

/** Takes 200 MB, works for a second of CPU, or for longer where its start took long, and tells what the kernel says of its memory then. */
const WORK = `const { readFileSync } = require('node:fs')
const { system, user } = process.cpuUsage()
const kept = Buffer.alloc(200e6, 1)
while (process.cpuUsage().user < Math.max(1e6, 25 * (system + user))) for (let n = 0; n < 1e6; n += 1) kept[n] += n
const status = readFileSync('/proc/self/status', 'utf8')
const mb = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+)').exec(status)[1]) / 1024
console.log(JSON.stringify({ memory_mb: mb('RssAnon') + mb('RssShmem'), kept: kept[7] }))`

/** CPU time of the children that this process has waited for, as the kernel adds it up (wait4). */
function childrenMs(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * 10
}

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'syntropism-receipts-'))
  mkdirSync(join(root, 'node_modules'))
  mkdirSync(join(root, 'work'))
  writeFileSync(join(root, 'service.sock'), '')
  writeFileSync(join(root, 'work', 'main.js'), WORK)
})
afterEach(() => rmSync(root, { force: true, recursive: true }))

async function run(driver: SandboxDriver, memory_mb: number): Promise<SandboxExit> {
  const running = await driver.start({
    command: ['node', 'main.js'],
    env: {},
    limits: { cpu_millicores: 2000, disk_mb: 16, duration_ms: 300_000, files_max: 100, memory_mb, open_files_max: 256, processes_max: 8 },
    run_id: 'receipt',
    service_socket_path: join(root, 'service.sock'),
    service_url: 'http://127.0.0.1:1',
    workspace_dir: join(root, 'work'),
  })
  return running.exit
}

const within5Percent = (figure: number, of: number): void => {
  expect(figure / of).toBeGreaterThan(0.95)
  expect(figure / of).toBeLessThan(1.05)
}

const drivers: [string, (options: SandboxOptions) => Promise<SandboxDriver>][] = [
  ['bubblewrap', openBwrapDriver],
  ['plain processes', openProcessDriver],
]
describe.each(drivers)('receipts of %s', (_name, open) => {
  let driver: SandboxDriver
  beforeEach(async () => {
    driver = await open({ allow_weak: true, library_dir: root, state_dir: root })
    expect(driver.name).toContain('cgroup')
  })
  afterEach(() => driver.close())

  it("name CPU and memory within 5 % of the kernel's own account of the processes", async () => {
    const before = childrenMs()
    const exit = await run(driver, 512)
    within5Percent(exit.cpu_ms, childrenMs() - before)
    within5Percent(exit.memory_peak_mb, (JSON.parse(exit.output_tail) as { memory_mb: number }).memory_mb)
  })

  it('name the memory that has to be bought: the kernel ends the program with 5 % less and lets it run with 5 % more', async () => {
    const { memory_peak_mb } = await run(driver, 512)
    expect(await run(driver, Math.floor(memory_peak_mb * 0.95))).toMatchObject({ cause: 'memory_limit' })
    expect(await run(driver, Math.ceil(memory_peak_mb * 1.05))).toMatchObject({ cause: 'completed' })
  })
})
