import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bwrapWorks, openBwrapDriver } from './index.ts'

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
      limits: { cpu_millicores: 1000, duration_ms: 10_000, disk_mb: 64, files_max: 1000, memory_mb: 256, open_files_max: 256, processes_max: 8 },
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
