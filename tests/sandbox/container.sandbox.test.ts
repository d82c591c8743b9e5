import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { type SandboxDriver, type SandboxExit, openContainerDriver } from '@syntropism/runtime'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../contracts/events.ts'
import { removeDir, tempDir } from '../program.ts'
import { Engine, IMAGE, IllEngine } from './engine.ts'

/** Docker 20.10 answers EPERM to whatever a profile does not name. */
const REFUSED: unknown = expect.stringMatching(/^(ENOSYS|EPERM)$/)
/** Windows that no test waits for, unless it asks for a short one. */
const LIMITS = { cpu_millicores: 1000, disk_mb: 16, duration_ms: 300_000, files_max: 1000, memory_mb: 256, open_files_max: 256, processes_max: 8 }
let engine: Engine
let engineDir = ''
let root = ''
let service: Server
let driver: SandboxDriver
beforeAll(async () => {
  engineDir = tempDir()
  engine = await Engine.start(engineDir)
})
afterAll(async () => {
  await engine.close()
  removeDir(engineDir)
})
beforeEach(async () => {
  root = tempDir()
  for (const folder of ['node_modules', 'work']) mkdirSync(join(root, folder))
  service = createServer((socket) => socket.end('served')).listen(join(root, 'service.sock'))
  await new Promise((done) => service.once('listening', done))
  chmodSync(join(root, 'service.sock'), 0o666)
  driver = await open()
})
afterEach(async () => {
  await driver.close()
  service.close()
  removeDir(root)
})
const open = (socket_path = engine.socket, image = IMAGE, state_dir = root): Promise<SandboxDriver> =>
  openContainerDriver({ allow_weak: false, image, library_dir: root, socket_path, state_dir })

const begin = (code: string, limits: Partial<typeof LIMITS> = {}, command = ['node', 'main.mjs'], by = driver) => {
  writeFileSync(join(root, 'work', command[1] ?? 'none'), code)
  return by.start({
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

/** Containers that the engine still has. */
const containers = (): Promise<{ Id: string }[]> =>
  new Promise((done, fail) => {
    const curl = spawn('curl', ['-s', '--unix-socket', engine.socket, 'http://engine/containers/json?all=1'])
    let text = ''
    curl.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    curl.once('close', () => done(JSON.parse(text) as { Id: string }[]))
    curl.once('error', fail)
  })
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`)

describe('a container of a real engine', () => {
  it('has the walls and limits of its run, whatever its image says', async () => {
    const exit = await run(`import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
      import { connect } from 'node:net'
      import { networkInterfaces } from 'node:os'
      const status = readFileSync('/proc/self/status', 'utf8')
      const limits = readFileSync('/proc/self/limits', 'utf8')
      const field = (name) => new RegExp(name + ':\\\\s+(\\\\w+)').exec(status)[1]
      const limit = (name) => Number(new RegExp(name + '\\\\s+(\\\\d+)\\\\s+(\\\\d+)').exec(limits)[2])
      const write = (path) => { try { writeFileSync(path, 'x'); return 'written' } catch (error) { return error.code } }
      const mounted = (path) => readFileSync('/proc/mounts', 'utf8').split('\\n').map((line) => line.split(' ')).find((one) => one[1] === path)?.[0]
      const served = await new Promise((done) => connect(process.env.SYSTEM_SERVICE_SOCKET).on('data', (data) => done(data.toString())).on('error', (error) => done(error.code)))
      console.log(JSON.stringify({
        capabilities: field('CapBnd'), cpu_s: limit('Max cpu time'), data: mounted('/data'), environment: Object.keys(process.env).filter((name) => !['TERM', 'container'].includes(name)).sort(), file: limit('Max file size'),
        gains: field('NoNewPrivs'), network: Object.keys(networkInterfaces()).join(), open: limit('Max open files'), pid: process.pid, pids: readdirSync('/proc').filter((one) => /^\\d+$/.test(one)).length,
        root: write('/usr/x'), seccomp: field('Seccomp'), served, tmp: write('/tmp/x'), user: process.getuid() > 0, workspace: write('x') }))`)
    expect(exit).toMatchObject({ cause: 'completed', exit_code: 0 })
    expect(JSON.parse(exit.output_tail)).toEqual({
      capabilities: '0000000000000000',
      cpu_s: LIMITS.duration_ms / 1000 + 1,
      data: 'tmpfs',
      environment: 'AGENT_ID HOME HOSTNAME LANG OPENAI_BASE_URL PATH PYTHONPATH SYSTEM_SERVICE_SOCKET SYSTEM_SERVICE_TOKEN SYSTEM_SERVICE_URL'.split(' '),
      file: 16 * 1_048_576,
      gains: '1',
      network: 'lo',
      open: 256,
      pid: 1,
      pids: 1,
      root: 'EROFS',
      seccomp: '2',
      served: 'served',
      tmp: 'written',
      user: true,
      workspace: 'written',
    })
  })

  it('has the same filter of system calls as the other rungs, with new namespaces and other sockets refused', async () => {
    const running = await begin(
      `import ctypes, errno, json, platform
libc = ctypes.CDLL(None, use_errno=True)
arm = platform.machine() == 'aarch64'
def call(x64, arm64, *args):
    given = [ctypes.c_ulong(one) for one in args] + [ctypes.c_ulong(0)] * (6 - len(args))
    return 'done' if libc.syscall(ctypes.c_long(arm64 if arm else x64), *given) >= 0 else errno.errorcode[ctypes.get_errno()]
print(json.dumps({'keyctl': call(250, 219), 'ptrace': call(101, 117), 'unshare': call(272, 97, 0x10000000), 'mount': call(165, 40), 'new_user': call(56, 220, 0x10000011),
  'vsock': call(41, 198, 40, 1), 'inet': call(41, 198, 2, 1), 'younger': call(463, 463), 'clone3': call(435, 435)}))`,
      {},
      ['python3', 'main.py'],
    )
    const exit = await running.exit
    expect(JSON.parse(exit.output_tail)).toEqual({
      clone3: 'ENOSYS',
      inet: 'done',
      keyctl: 'EPERM',
      mount: 'EPERM',
      new_user: REFUSED,
      ptrace: 'EPERM',
      unshare: 'EPERM',
      vsock: REFUSED,
      younger: 'ENOSYS',
    })
    expect(driver.name).toMatch(/^container\+cgroup-v[12]\+seccomp$/)
  })

  it('tells a crash, the end of the window, a lack of memory, too many processes and a full disk apart, and leaves no container', async () => {
    expect(await run('console.error("boom"); process.exit(3)')).toMatchObject({ cause: 'crashed', exit_code: 3, output_tail: 'boom\n' })
    expect(await run('setInterval(() => {}, 1000)', { duration_ms: 700 })).toMatchObject({ cause: 'wall_limit', elapsed_ms: 700, exit_code: null })
    expect(await run('const kept = []; for (;;) kept.push(Buffer.alloc(8e6, 1))', { memory_mb: 96 })).toMatchObject({ cause: 'memory_limit' })
    expect(
      await run('import { spawn } from "node:child_process"; for (let n = 0; n < 12; n++) spawn("sleep", ["20"]); setInterval(() => {}, 1000)'),
    ).toMatchObject({ cause: 'process_limit' })
    expect(
      await run('import fs from "node:fs"; for (let n = 0; n < 40; n++) fs.writeFileSync("f" + n, Buffer.alloc(1e6, 1)); setInterval(() => {}, 1000)'),
    ).toMatchObject({ cause: 'disk_limit' })
    for (const name of readdirSync(join(root, 'work'))) rmSync(join(root, 'work', name))
    await driver.close()
    expect(await containers()).toEqual([])
  })

  it('is held to its share of the processor by the kernel', async () => {
    const begun = performance.now()
    const exit = await run('for (;;) ;', { cpu_millicores: 250, duration_ms: 2000 })
    // Its window may end late where the machine is busy: then it has its share of that time as well.
    expect(exit.cpu_ms).toBeLessThan((performance.now() - begun) * 0.25 + 250)
    expect(exit.cpu_ms).toBeGreaterThan(0)
  })

  it("is billed within 5 % of the kernel's own account of it", async () => {
    // Work that outweighs the start, which the engine has a part in: more of it where the machine is slow.
    const exit = await run(`import { readFileSync } from 'node:fs'
      const { system, user } = process.cpuUsage()
      const kept = Buffer.alloc(150e6, 1)
      while (process.cpuUsage().user < Math.max(1e6, 25 * (system + user))) for (let n = 0; n < 1e6; n += 1) kept[n] += n
      const status = readFileSync('/proc/self/status', 'utf8')
      const mb = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+)').exec(status)[1]) / 1024
      const used = process.resourceUsage()
      console.log(JSON.stringify({ cpu_ms: (used.userCPUTime + used.systemCPUTime) / 1000, memory_mb: mb('RssAnon') + mb('RssShmem') }))
      setTimeout(() => {}, 500)`)
    const kernel = JSON.parse(exit.output_tail) as { cpu_ms: number; memory_mb: number }
    for (const ratio of [exit.cpu_ms / kernel.cpu_ms, exit.memory_peak_mb / kernel.memory_mb]) {
      expect(ratio).toBeGreaterThan(0.95)
      expect(ratio).toBeLessThan(1.05)
    }
    expect(exit.memory_mb_ms).toBeGreaterThan(kernel.memory_mb * 500)
  })

  it('leaves nothing of what it prints on the disk of the engine', async () => {
    const usedKb = (): number => Number(/^\d+/.exec(spawnSync('du', ['-sk', engineDir]).stdout.toString())?.[0])
    const running = await begin(
      'await new Promise((done) => setTimeout(done, 1000)); const line = "x".repeat(1e6); for (let n = 0; n < 40; n++) await new Promise((done) => process.stdout.write(line, done)); console.log("last"); setTimeout(() => {}, 1000)',
    )
    // What the container itself takes is there before it prints.
    const before = usedKb()
    let most = before
    const timer = setInterval(() => (most = Math.max(most, usedKb())), 200)
    const exit = await running.exit
    clearInterval(timer)
    expect(exit).toMatchObject({ cause: 'completed' })
    expect(exit.output_tail.endsWith('last\n')).toBe(true)
    expect(most - before).toBeLessThan(4000)
  })
})

describe('the container driver', () => {
  it('ends a run with the host as cause when it is stopped', async () => {
    const running = await begin('setInterval(() => {}, 1000)')
    expect(isAlive(running.pid)).toBe(true)
    running.stop('drain')
    expect(await running.exit).toMatchObject({ cause: 'host_failure', detail: 'drain' })
    expect(isAlive(running.pid)).toBe(false)
  })

  it('ends a program when the engine is gone, and says so', async () => {
    const ill = new IllEngine(engine.socket, join(root, 'ill.sock'))
    await ill.listen()
    const other = await open(ill.socket)
    const running = await begin('setInterval(() => {}, 1000)', {}, undefined, other)
    await ill.close()
    expect(await running.exit).toMatchObject({ cause: 'host_failure', detail: expect.stringContaining('the end of the run is not known') as string })
    await until(() => !isAlive(running.pid))
    await expect(other.close()).rejects.toThrow()
  })

  it('ends a run of which the engine does not notice that it is over, with the host as cause', async () => {
    const ill = new IllEngine(engine.socket, join(root, 'ill.sock'))
    await ill.listen()
    const other = await open(ill.socket)
    ill.unaware = true
    const running = await begin('', {}, undefined, other)
    expect(await running.exit).toMatchObject({ cause: 'host_failure', detail: expect.stringContaining('although its process is gone') as string })
    await other.close()
    expect(await containers()).toEqual([])
    await ill.close()
  })

  it('refuses to start, with what would be right, without an engine, without the image, without limits, and when the engine refuses', async () => {
    await expect(open(engine.socket, 'other:image')).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringContaining('has no image other:image') as string,
    })
    await expect(open(join(root, 'nothing.sock'))).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringContaining('no container engine answers') as string,
    })
    const ill = new IllEngine(engine.socket, join(root, 'ill.sock'))
    await ill.listen()
    for (const info of [{ MemoryLimit: false }, { CgroupVersion: '1', SecurityOptions: ['name=rootless'] }]) {
      ill.info = info
      await expect(open(ill.socket)).rejects.toMatchObject({
        code: 'start_failed',
        message: expect.stringContaining('holds no limits here (MemoryLimit') as string,
      })
    }
    ill.info = {}
    const other = await open(ill.socket)
    ill.broken = '/start'
    await expect(begin('', {}, undefined, other)).rejects.toMatchObject({ code: 'start_failed' })
    ill.broken = null
    await expect(begin('', {}, ['no-such-program', 'main.mjs'], other)).rejects.toMatchObject({ code: 'start_failed' })
    expect(await containers()).toEqual([])
    await other.close()
    await ill.close()
  })

  it('removes what a host of the same data folder left behind', async () => {
    const running = await begin('setInterval(() => {}, 1000)')
    expect(await containers()).toHaveLength(1)
    const next = await open()
    expect(await containers()).toEqual([])
    expect(isAlive(running.pid)).toBe(false)
    await running.exit
    await next.close()
  })

  it('is outlived by no program when it is killed', async () => {
    const host = startHost()
    const pid = await new Promise<number>((done) => host.stdout?.once('data', (chunk: Buffer) => done(Number(chunk.toString()))))
    expect(isAlive(pid)).toBe(true)
    host.kill('SIGKILL')
    await until(() => !isAlive(pid))
    expect(await containers()).toHaveLength(1)
    await (await open(engine.socket, IMAGE, join(root, 'host'))).close()
    expect(await containers()).toEqual([])
  })
})

/** Another process with a driver of its own: it starts a program and tells its process id. */
function startHost(): ChildProcess {
  mkdirSync(join(root, 'host'))
  writeFileSync(join(root, 'work', 'main.mjs'), 'setInterval(() => {}, 1000)')
  const code = `import { openContainerDriver } from '@syntropism/runtime'
    const driver = await openContainerDriver(${JSON.stringify({ allow_weak: false, image: IMAGE, library_dir: root, socket_path: engine.socket, state_dir: join(root, 'host') })})
    const running = await driver.start(${JSON.stringify({
      command: ['node', 'main.mjs'],
      env: {},
      limits: LIMITS,
      run_id: 'left',
      service_socket_path: join(root, 'service.sock'),
      service_url: '',
      workspace_dir: join(root, 'work'),
    })})
    console.log(running.pid)`
  return spawn(process.execPath, ['--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code], {
    cwd: resolve(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
