// What a run costs on each rung: time from start to end of a program that does nothing, runs per second, and receipts beside the kernel's own account.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import {
  type SandboxDriver,
  type SandboxExit,
  openBwrapDriver,
  openContainerDriver,
  openInProcessDriver,
  openNodeDriver,
  openProcessDriver,
} from '@syntropism/runtime'
import { Engine, IMAGE } from '../tests/sandbox/engine.ts'
import { machine, perSecond } from './measure.ts'

const ROUNDS = 100
const AT_ONCE = 4
const root = mkdtempSync(join(tmpdir(), 'syntropism-bench-'))
chmodSync(root, 0o755)
mkdirSync(join(root, 'node_modules'))
const socket = join(root, 'service.sock')
const server = createServer()
await new Promise<void>((done) => server.listen(socket, done))
chmodSync(socket, 0o666)

const NOTHING = ''
/** Takes 100 MB, works for about a second, and tells what the kernel says of its memory then. */
const WORK = `import { readFileSync } from 'node:fs'; const kept = Buffer.alloc(100e6, 1); const until = Date.now() + 1000; while (Date.now() < until) for (let n = 0; n < 1e5; n += 1) kept[n] += n
const status = (() => { try { return readFileSync('/proc/self/status', 'utf8') } catch { return '' } })(); const mb = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+)').exec(status)?.[1] ?? 0) / 1024
const used = process.resourceUsage(); console.log(JSON.stringify({ cpu_ms: (used.userCPUTime + used.systemCPUTime) / 1000, memory_mb: mb('RssAnon') + mb('RssShmem'), kept: kept.length }))`

function workspace(name: string, code: string): string {
  const folder = join(root, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'main.mjs'), code)
  return folder
}

/** CPU time of the children that this process has waited for, as the kernel adds it up (wait4). */
function childrenMs(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * 10
}

interface Rung {
  readonly driver: SandboxDriver
  readonly name: string
  readonly command: readonly string[]
}

let runs = 0
async function run({ command, driver }: Rung, folder: string): Promise<SandboxExit> {
  runs += 1
  const running = await driver.start({
    command,
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
const at = (values: readonly number[], share: number): string => `${(values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0).toFixed(1)} ms`

const bare = (): Promise<unknown> =>
  new Promise((done) => spawn(process.execPath, ['main.mjs'], { cwd: workspace('idle-0', NOTHING), env: {}, stdio: 'ignore' }).once('close', done))

/** Every rung; the container's engine is Podman, with a storage of its own. */
async function openRungs(): Promise<Rung[]> {
  const options = { allow_weak: true, library_dir: root, state_dir: root }
  const program = ['node', 'main.mjs']
  const container = await openContainerDriver({ ...options, image: IMAGE, socket_path: engine.socket })
  const drivers = [await openBwrapDriver(options), await openNodeDriver(options), await openProcessDriver(options)]
  return [
    ...[container, ...drivers].map((driver) => ({ command: program, driver, name: driver.name.replace(/ \(.*/, '') })),
    { command: ['strategy', 'idle'], driver: openInProcessDriver({ idle: async () => undefined }), name: 'in-process' },
  ]
}

async function bill(rung: Rung): Promise<string> {
  const before = childrenMs()
  const exit = await run(rung, workspace('work', WORK))
  const { cpu_ms, memory_mb } = JSON.parse(exit.output_tail.trim()) as { cpu_ms: number; memory_mb: number }
  const beside = memory_mb === 0 ? '' : `, its memory ${memory_mb.toFixed(0)} MB`
  // A container is no child of this process: its program says what the kernel has counted for it.
  const counted = rung.name.startsWith('container') ? cpu_ms : childrenMs() - before
  return `a second of work: receipt ${exit.cpu_ms} ms and ${exit.memory_peak_mb} MB; the kernel's account of the processes ${counted.toFixed(0)} ms${beside}`
}

const engine = await Engine.start(join(root, 'engine'))
console.log(`sandbox: ${machine()}; ${ROUNDS} runs of an empty Node program each, in turn; then ${ROUNDS} of them, ${AT_ONCE} at once`)
const rungs = await openRungs()
const times = new Map<string, number[]>([['bare node', []], ...rungs.map((one): [string, number[]] => [one.name, []])])
for (let round = 0; round < ROUNDS; round += 1) {
  times.get('bare node')?.push(await timed(bare))
  for (const rung of rungs) times.get(rung.name)?.push(await timed(() => run(rung, workspace('idle-0', NOTHING))))
}
for (const [name, taken] of times) console.log(`  ${name.padEnd(30)} start to end: p50 ${at(taken, 0.5)}, p99 ${at(taken, 0.99)}`)
for (const rung of rungs) {
  const lanes = Array.from({ length: AT_ONCE }, (_, lane) => workspace(`idle-${lane}`, NOTHING))
  const taken = await timed(() =>
    Promise.all(
      lanes.map(async (folder) => {
        for (let round = 0; round < ROUNDS / AT_ONCE; round += 1) await run(rung, folder)
      }),
    ),
  )
  const isProgram = rung.command[0] === 'node'
  console.log(`  ${rung.name.padEnd(30)} ${perSecond(ROUNDS, taken)} leases${isProgram ? `; ${await bill(rung)}` : ''}`)
  await rung.driver.close()
}
await engine.close()
server.close()
rmSync(root, { force: true, recursive: true })
