// What a run costs in each driver: time from start to end of a program that does nothing, runs per second, and receipts beside the kernel's own account.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type SandboxDriver, type SandboxExit, openBwrapDriver, openNodeDriver } from '@syntropism/runtime'
import { machine, perSecond } from './measure.ts'

const ROUNDS = 60
const AT_ONCE = 4
const root = mkdtempSync(join(tmpdir(), 'syntropism-bench-'))
mkdirSync(join(root, 'node_modules'))
const socket = join(root, 'service.sock')
const server = createServer()
await new Promise<void>((done) => server.listen(socket, done))
chmodSync(socket, 0o666)

const NOTHING = ''
/** Works for about a second and tells what the kernel has counted for it. */
const WORK = `const kept = Buffer.alloc(100e6, 1); const until = Date.now() + 1000; while (Date.now() < until); const used = process.resourceUsage()
console.log(JSON.stringify({ cpu_ms: (used.userCPUTime + used.systemCPUTime) / 1000, memory_mb: used.maxRSS / 1024, kept: kept.length }))`

function workspace(name: string, code: string): string {
  const folder = join(root, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'main.mjs'), code)
  return folder
}

let runs = 0
async function run(driver: SandboxDriver, folder: string): Promise<SandboxExit> {
  runs += 1
  const running = await driver.start({
    command: ['node', 'main.mjs'],
    env: {},
    limits: { cpu_millicores: 2000, disk_mb: 64, duration_ms: 20_000, files_max: 1000, memory_mb: 512, open_files_max: 256, processes_max: 8 },
    run_id: `bench-${runs}`,
    service_socket_path: socket,
    service_url: 'http://127.0.0.1:1',
    workspace_dir: folder,
  })
  const exit = await running.exit
  if (exit.cause !== 'completed') throw new Error(`${driver.name}: ${exit.cause} ${exit.detail} ${exit.output_tail}`)
  return exit
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}
const at = (values: readonly number[], share: number): string => `${(values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0).toFixed(0)} ms`

const bare = (): Promise<unknown> =>
  new Promise((done) => spawn(process.execPath, ['main.mjs'], { cwd: workspace('idle-0', NOTHING), env: {}, stdio: 'ignore' }).once('close', done))

console.log(`sandbox: ${machine()}; ${ROUNDS} runs of an empty Node program each`)
const options = { allow_weak: false, library_dir: root, state_dir: root }
const drivers = [await openBwrapDriver(options), openNodeDriver(options)]
const times = new Map<string, number[]>([['bare node', []], ...drivers.map((one): [string, number[]] => [one.name, []])])
for (let round = 0; round < ROUNDS; round += 1) {
  times.get('bare node')?.push(await timed(bare))
  for (const driver of drivers) times.get(driver.name)?.push(await timed(() => run(driver, workspace('idle-0', NOTHING))))
}
for (const [name, taken] of times) console.log(`  ${name.padEnd(24)} start to end: p50 ${at(taken, 0.5)}, p99 ${at(taken, 0.99)}`)
for (const driver of drivers) {
  const lanes = Array.from({ length: AT_ONCE }, (_, lane) => workspace(`idle-${lane}`, NOTHING))
  const taken = await timed(() =>
    Promise.all(
      lanes.map(async (folder) => {
        for (let round = 0; round < ROUNDS / AT_ONCE; round += 1) await run(driver, folder)
      }),
    ),
  )
  const exit = await run(driver, workspace('work', WORK))
  const kernel = JSON.parse(exit.output_tail.trim()) as { cpu_ms: number; memory_mb: number }
  console.log(
    `  ${driver.name.padEnd(24)} ${perSecond(ROUNDS, taken)} runs, ${AT_ONCE} at once; a second of work: receipt ${exit.cpu_ms} ms and ${exit.memory_peak_mb} MB, kernel's count of the process ${kernel.cpu_ms.toFixed(0)} ms and ${kernel.memory_mb.toFixed(0)} MB`,
  )
  await driver.close()
}
server.close()
rmSync(root, { force: true, recursive: true })
