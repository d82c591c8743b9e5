import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openBwrapDriver } from './index.ts'
import { bwrapWorks } from './walls.ts'

it('bubblewrap is installed and may make namespaces', () => {
  expect(bwrapWorks()).toBe(true)
})

it('runs a program with no network and no host files, the service on its socket', async () => {
  const root = mkdtempSync(join(tmpdir(), 'syntropism-bwrap-'))
  mkdirSync(join(root, 'node_modules'))
  mkdirSync(join(root, 'work'))
  chmodSync(join(root, 'work'), 0o777)
  const socketPath = join(root, 's.sock')
  const server = createServer((_request, response) => response.end('{"ok":true}'))
  await new Promise<void>((done) => server.listen(socketPath, done))
  chmodSync(socketPath, 0o666)
  const driver = await openBwrapDriver({ allow_weak: false, library_dir: root, state_dir: root })
  writeFileSync(
    join(root, 'work', 'main.mjs'),
    `import { existsSync, readdirSync } from 'node:fs'
     import { request } from 'node:http'
     const ask = (options) => new Promise((done) => { const sent = request(options, (answer) => { answer.resume(); done(answer.statusCode) }); sent.on('error', (error) => done(error.code)); sent.end() })
     const socket = await ask({ socketPath: process.env.SYSTEM_SERVICE_SOCKET, path: '/' })
     const network = await ask({ host: '1.1.1.1', port: 80, timeout: 1000 })
     console.log(JSON.stringify({ socket, network, root: existsSync('/root'), home: existsSync('/home'), shadow: existsSync('/etc/shadow'), secret: existsSync(${JSON.stringify(root)}), processes: readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length })); process.exit(4)`,
  )
  try {
    const running = await driver.start({
      command: ['node', 'main.mjs'],
      env: {},
      limits: { cpu_millicores: 1000, duration_ms: 300_000, disk_mb: 64, files_max: 1000, memory_mb: 256, open_files_max: 256, processes_max: 8 },
      run_id: 'r',
      service_socket_path: socketPath,
      service_url: '',
      workspace_dir: join(root, 'work'),
    })
    const ended = await running.exit
    expect(ended.exit_code).toBe(4)
    const seen = JSON.parse(ended.output_tail.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>
    expect(seen).toMatchObject({ home: false, root: false, secret: false, shadow: false, socket: 200 })
    expect(['ENETUNREACH', 'ECONNREFUSED', 'EHOSTUNREACH']).toContain(seen.network)
    expect(seen.processes).toBe(1)
  } finally {
    await driver.close()
    server.close()
    rmSync(root, { force: true, recursive: true })
  }
})

it('starts a program in a workspace with links: what they lead to is that of the sandbox, and belongs to whom it did', async () => {
  const root = mkdtempSync(join(tmpdir(), 'syntropism-bwrap-'))
  for (const name of ['node_modules', 'work']) mkdirSync(join(root, name))
  chmodSync(root, 0o755)
  writeFileSync(join(root, 'secret'), 'of the host')
  const before = statSync(join(root, 'secret'))
  // As a virtual environment of Python has one, and as nobody should.
  symlinkSync('/usr/bin/env', join(root, 'work', 'env'))
  symlinkSync(join(root, 'secret'), join(root, 'work', 'secret'))
  symlinkSync('/', join(root, 'work', 'all'))
  writeFileSync(join(root, 'work', 'one'), 'x')
  linkSync(join(root, 'work', 'one'), join(root, 'work', 'other'))
  const socketPath = join(root, 's.sock')
  const server = createServer()
  await new Promise<void>((done) => server.listen(socketPath, done))
  const driver = await openBwrapDriver({ allow_weak: false, library_dir: root, state_dir: root })
  try {
    const running = await driver.start({
      command: ['/bin/sh', '-c', './env printf ran; cat secret all/etc/shadow; cat one other'],
      env: {},
      limits: { cpu_millicores: 1000, duration_ms: 300_000, disk_mb: 64, files_max: 1000, memory_mb: 256, open_files_max: 256, processes_max: 8 },
      run_id: 'links',
      service_socket_path: socketPath,
      service_url: '',
      workspace_dir: join(root, 'work'),
    })
    const { output_tail } = await running.exit
    expect(output_tail).toContain('ran')
    expect(output_tail).toContain('xx')
    expect(output_tail).not.toContain('of the host')
    expect(statSync(join(root, 'secret'))).toMatchObject({ mode: before.mode, uid: before.uid })
  } finally {
    await driver.close()
    server.close()
    rmSync(root, { force: true, recursive: true })
  }
})
