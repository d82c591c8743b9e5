import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyOf, supervise } from './supervise.ts'
import type { SandboxExit, SandboxLimits } from './types.ts'

const LIMITS: SandboxLimits = { cpu_millicores: 4000, disk_mb: 16, duration_ms: 120_000, files_max: 100, memory_mb: 512, open_files_max: 256, processes_max: 4 }
let root = ''
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'syntropism-supervise-'))))
afterAll(() => rmSync(root, { force: true, recursive: true }))

/** Starts a program that no control group holds. */
function begin(code: string, limits: Partial<SandboxLimits> = {}): { readonly child: ChildProcess; readonly exit: Promise<SandboxExit> } {
  const child = spawn(process.execPath, ['-e', code], { cwd: root, detached: true, env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
  return { child, exit: supervise(bodyOf(child), { ...LIMITS, ...limits }, root, null).exit }
}
const run = (code: string, limits: Partial<SandboxLimits> = {}): Promise<SandboxExit> => begin(code, limits).exit

describe.runIf(process.platform === 'linux')('a run without a control group', () => {
  it('is ended at its memory, at its processes and at its window', async () => {
    expect(await run('const kept = []; setInterval(() => kept.push(Buffer.alloc(8e6, 1)), 2)', { memory_mb: 128 })).toMatchObject({ cause: 'memory_limit' })
    const children = 'for (let n = 0; n < 8; n += 1) require("child_process").spawn("sleep", ["20"]); setInterval(() => {}, 1000)'
    expect(await run(children)).toMatchObject({ cause: 'process_limit' })
    expect(await run('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)', { duration_ms: 300 })).toMatchObject({ cause: 'wall_limit' })
  })

  it("is billed within 5 % of the kernel's own account of it", async () => {
    const { child, exit } = begin(`const kept = Buffer.alloc(150e6, 1)
      while (process.cpuUsage().user < 1e6) for (let n = 0; n < 1e6; n += 1) kept[n] += n
      const status = require('fs').readFileSync('/proc/self/status', 'utf8')
      const mb = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+)').exec(status)[1]) / 1024
      const used = process.resourceUsage()
      console.log(JSON.stringify({ cpu_ms: (used.userCPUTime + used.systemCPUTime) / 1000, memory_mb: mb('RssAnon') + mb('RssShmem') }))
      setInterval(() => {}, 600000)`)
    await new Promise((said) => child.stdout?.once('data', said))
    // Samples are taken on this thread: by then there has been one of the program as it tells of itself. It ends at once, so that its end costs nothing.
    await new Promise((done) => setTimeout(done, 100))
    child.kill('SIGKILL')
    const { cpu_ms, memory_peak_mb, output_tail } = await exit
    const kernel = JSON.parse(output_tail) as { cpu_ms: number; memory_mb: number }
    for (const ratio of [cpu_ms / kernel.cpu_ms, memory_peak_mb / kernel.memory_mb]) {
      expect(ratio).toBeGreaterThan(0.95)
      expect(ratio).toBeLessThan(1.05)
    }
  })

  it('is held to its share of the processor by being stopped and continued', async () => {
    const exit = await run(
      `const begun = performance.now()
      while (process.cpuUsage().user < 1e6) for (let n = 0; n < 1e6; n += 1);
      console.log(Math.round(performance.now() - begun))`,
      { cpu_millicores: 250 },
    )
    expect(exit.cpu_ms).toBeGreaterThan(400)
    // A second of processor time takes four at a quarter of it; how fast the machine is adds to them.
    expect(Number(exit.output_tail)).toBeGreaterThan(2000)
  })
})
