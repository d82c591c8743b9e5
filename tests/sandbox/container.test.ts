import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type SandboxDriver, type SandboxExit, openContainerDriver } from '@syntropism/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeDir, tempDir } from '../program.ts'
import { FakeEngine } from './docker-engine.ts'

const LIMITS = { cpu_millicores: 500, disk_mb: 16, duration_ms: 20_000, files_max: 1000, memory_mb: 256, open_files_max: 256, processes_max: 8 }
let root = ''
let engine: FakeEngine
let driver: SandboxDriver
beforeEach(async () => {
  root = tempDir()
  // The stand-in runs programs with the rights of the test; a real engine runs them as the user that the run names.
  chmodSync(root, 0o755)
  for (const folder of ['node_modules', 'work']) mkdirSync(join(root, folder))
  engine = new FakeEngine()
  await engine.listen(join(root, 'engine.sock'))
  driver = await open()
})
afterEach(async () => {
  await driver.close()
  await engine.close()
  removeDir(root)
})
const open = (image = 'agents:test'): Promise<SandboxDriver> =>
  openContainerDriver({ allow_weak: false, image, library_dir: root, socket_path: join(root, 'engine.sock'), state_dir: root })

const begin = (code: string, limits: Partial<typeof LIMITS> = {}, command = ['node', 'main.mjs']) => {
  writeFileSync(join(root, 'work', 'main.mjs'), code)
  return driver.start({
    command,
    env: { AGENT_ID: 'a', SYSTEM_SERVICE_TOKEN: 'run_x' },
    limits: { ...LIMITS, ...limits },
    run_id: 'lease-1',
    service_socket_path: join(root, 'service.sock'),
    service_url: 'http://127.0.0.1:1',
    workspace_dir: join(root, 'work'),
  })
}
const run = async (code: string, limits: Partial<typeof LIMITS> = {}): Promise<SandboxExit> => (await begin(code, limits)).exit

describe('the container driver, against a stand-in for the engine', () => {
  it('asks for a container with every wall and limit of the run, and nothing inherited', async () => {
    const exit = await run('console.log(Object.keys(process.env).sort().join(" "), process.env.SYSTEM_SERVICE_URL)')
    expect(exit).toMatchObject({ cause: 'completed', exit_code: 0 })
    expect(exit.output_tail.trim()).toBe(
      'AGENT_ID HOME LANG OPENAI_BASE_URL PYTHONPATH SYSTEM_SERVICE_SOCKET SYSTEM_SERVICE_TOKEN SYSTEM_SERVICE_URL http://system.service',
    )
    expect(engine.refused).toEqual([])
    expect(engine.made[0]).toMatchObject({
      HostConfig: {
        Binds: [`${root}/work:/workspace:rw`, `${root}/node_modules:/node_modules:ro`, `${root}/service.sock:/run/syntropism/service.sock:ro`],
        Memory: 256 * 1_048_576,
        MemorySwap: 256 * 1_048_576,
        NanoCpus: 500_000_000,
        PidsLimit: 128,
        Ulimits: [
          { Hard: 0, Name: 'core' },
          { Hard: 21, Name: 'cpu' },
          { Hard: 16 * 1_048_576, Name: 'fsize' },
          { Hard: 256, Name: 'nofile' },
        ],
      },
    })
    expect(engine.made[0]?.User).not.toBe('0:0')
    expect([...engine.containers.keys()]).toEqual([])
  })

  it('tells a crash, a kill at the end of the window, a lack of memory and a full disk apart, and leaves no container', async () => {
    expect(await run('console.error("boom"); process.exit(3)')).toMatchObject({ cause: 'crashed', exit_code: 3, output_tail: 'boom\n' })
    expect(await run('setInterval(() => {}, 1000)', { duration_ms: 300 })).toMatchObject({ cause: 'wall_limit', exit_code: null })
    expect(
      await run('import fs from "node:fs"; for (let n = 0; n < 40; n++) fs.writeFileSync("f" + n, Buffer.alloc(1e6, 1)); setInterval(() => {}, 1000)'),
    ).toMatchObject({
      cause: 'disk_limit',
    })
    for (const name of readdirSync(join(root, 'work'))) rmSync(join(root, 'work', name))
    engine.oom = true
    expect(await run('process.exit(137)')).toMatchObject({ cause: 'memory_limit' })
    expect([...engine.containers.keys()]).toEqual([])
  })

  it('bills what the engine has counted', async () => {
    const exit = await run('while (process.cpuUsage().user < 400_000); setTimeout(() => {}, 1500)')
    expect(exit.cpu_ms).toBeGreaterThanOrEqual(400)
    expect(exit.memory_peak_mb).toBeGreaterThan(20)
    expect(exit.memory_mb_ms).toBeGreaterThan(0)
  })

  it('ends a run with the host as cause when it is stopped, or when the engine cannot be asked any more', async () => {
    const running = await begin('setInterval(() => {}, 1000)')
    expect(running.pid).toBeGreaterThan(0)
    running.stop('drain')
    expect(await running.exit).toMatchObject({ cause: 'host_failure', detail: 'drain' })
    const other = await begin('setInterval(() => {}, 1000)')
    engine.broken = '/stats'
    expect(await other.exit).toMatchObject({ cause: 'host_failure', detail: expect.stringContaining('could not be measured') as string })
  })

  it('refuses to start, with what would be right, without an engine, without the image, and when the engine refuses', async () => {
    await expect(open('other:image')).rejects.toMatchObject({ code: 'start_failed', message: expect.stringContaining('has no image other:image') as string })
    await expect(
      openContainerDriver({ allow_weak: false, image: 'x', library_dir: root, socket_path: join(root, 'nothing.sock'), state_dir: root }),
    ).rejects.toMatchObject({ code: 'start_failed', message: expect.stringContaining('no container engine answers') as string })
    engine.broken = '/start'
    await expect(begin('')).rejects.toMatchObject({ code: 'start_failed' })
    expect([...engine.containers.keys()]).toEqual([])
  })

  it('removes what a host of the same data folder left behind', async () => {
    await begin('setInterval(() => {}, 1000)')
    expect(engine.containers.size).toBe(1)
    const next = await open()
    expect(engine.containers.size).toBe(0)
    await next.close()
    expect(existsSync(join(root, 'work'))).toBe(true)
  })
})
