import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SandboxDriver, type SandboxExit, openNodeDriver } from './index.ts'

const DISK = { disk_mb: 64, files_max: 1000, open_files_max: 256 }
/** Says how many milliseconds went by until it had one of processor time. */
const COMPUTES_A_SECOND = `const begun = performance.now()
  while (process.cpuUsage().user < 1e6) for (let n = 0; n < 1e6; n += 1);
  console.log(Math.round(performance.now() - begun))`
let root = ''
let driver: SandboxDriver
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'syntropism-sandbox-'))
  mkdirSync(join(root, 'node_modules'))
  mkdirSync(join(root, 'work'))
  writeFileSync(join(root, 'secret.txt'), 'the operator token')
  driver = await openNodeDriver({ allow_weak: false, library_dir: root, state_dir: root })
})
afterEach(async () => {
  await driver.close()
  rmSync(root, { force: true, recursive: true })
})

async function runProgram(code: string, limits: Partial<{ duration_ms: number; memory_mb: number; cpu_millicores: number }> = {}): Promise<SandboxExit> {
  writeFileSync(join(root, 'work', 'main.mjs'), code)
  const running = await driver.start({
    command: ['node', 'main.mjs'],
    env: { AGENT_ID: 'a' },
    limits: { cpu_millicores: 1000, duration_ms: 120_000, memory_mb: 256, processes_max: 4, ...DISK, ...limits },
    run_id: 'r',
    service_socket_path: '',
    service_url: 'http://127.0.0.1:1',
    workspace_dir: join(root, 'work'),
  })
  return running.exit
}

describe('the Node permission driver', () => {
  it('reports a clean end, and a crash with what was written last', async () => {
    expect(await runProgram('console.log("hello")')).toMatchObject({ cause: 'completed', exit_code: 0 })
    const crash = await runProgram('throw new Error("boom")')
    expect(crash).toMatchObject({ cause: 'crashed', exit_code: 1 })
    expect(crash.output_tail).toContain('boom')
  })

  it('kills at the wall limit and at the memory limit', async () => {
    expect(await runProgram('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)', { duration_ms: 500 })).toMatchObject({
      cause: 'wall_limit',
      exit_code: null,
    })
    expect(await runProgram('const kept = []; setInterval(() => kept.push(Buffer.alloc(8e6, 1)), 2)')).toMatchObject({ cause: 'memory_limit' })
  })

  it('gives no file outside the workspace, no child process and none of the host environment', async () => {
    process.env.SYNTROPISM_TEST_SECRET = 'x'
    const secret = JSON.stringify(join(root, 'secret.txt'))
    const ended = await runProgram(`
      import { readFileSync, writeFileSync } from 'node:fs'
      import { spawnSync } from 'node:child_process'
      const tried = []
      for (const action of [() => readFileSync(${secret}), () => writeFileSync(${secret}, 'x'), () => spawnSync('/bin/true'), () => readFileSync('/etc/passwd')]) { try { action(); tried.push('done') } catch (error) { tried.push(error.code) } }
      writeFileSync('tried.json', JSON.stringify(tried))
      console.log(JSON.stringify({ tried, env: Object.keys(process.env).sort() })); process.exit(3)`)
    const { env, tried } = JSON.parse(ended.output_tail.trim().split('\n').at(-1) ?? '') as { env: string[]; tried: string[] }
    expect(tried).toEqual(['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED'])
    expect(env).not.toContain('SYNTROPISM_TEST_SECRET')
    expect(env).toContain('AGENT_ID')
    delete process.env.SYNTROPISM_TEST_SECRET
  })

  it('refuses a workspace with a link that leads out, and programs other than Node', async () => {
    symlinkSync(join(root, 'secret.txt'), join(root, 'work', 'link'))
    await expect(runProgram('')).rejects.toMatchObject({ code: 'workspace_unsafe' })
    rmSync(join(root, 'work', 'link'))
    await expect(
      driver.start({
        command: ['python3', 'x.py'],
        env: {},
        limits: { cpu_millicores: 1, duration_ms: 1, memory_mb: 1, processes_max: 1, ...DISK },
        run_id: 'r',
        service_socket_path: '',
        service_url: '',
        workspace_dir: join(root, 'work'),
      }),
    ).rejects.toMatchObject({ code: 'command_refused' })
  })

  it('holds a program to about its cpu share', async () => {
    const { cpu_ms, output_tail } = await runProgram(COMPUTES_A_SECOND, { cpu_millicores: 250 })
    expect(cpu_ms).toBeGreaterThan(400)
    // At a quarter of the processor it takes four; how fast the machine is adds to them.
    expect(Number(output_tail)).toBeGreaterThan(2000)
  })
})
