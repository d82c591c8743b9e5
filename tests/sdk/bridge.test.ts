import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { finish, removeDir, tempDir } from '../program.ts'

const BRIDGE = resolve(import.meta.dirname, '../../packages/sdk/src/bridge.ts')
const PROGRAM = `
const { OPENAI_BASE_URL, SYSTEM_SERVICE_SOCKET, SYSTEM_SERVICE_URL } = process.env
const answer = await fetch(OPENAI_BASE_URL + '/models')
console.log(JSON.stringify({ asked: await answer.text(), same: OPENAI_BASE_URL === SYSTEM_SERVICE_URL + '/v1', socket: SYSTEM_SERVICE_SOCKET ?? null }))
`

const run = (env: NodeJS.ProcessEnv) =>
  finish(
    spawn(process.execPath, ['--import', BRIDGE, '--input-type=module', '-e', PROGRAM], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )

it('a program for Node that knows only OPENAI_BASE_URL reaches the service behind a Unix socket, and ends by itself', async () => {
  const folder = tempDir()
  const socket = join(folder, 's')
  const service = createServer((request, answer) => void answer.end(`${request.method} ${request.url}`))
  await new Promise<void>((done) => service.listen(socket, done))
  const { code, stderr, stdout } = await run({
    OPENAI_BASE_URL: 'http://system.service/v1',
    SYSTEM_SERVICE_SOCKET: socket,
    SYSTEM_SERVICE_URL: 'http://system.service',
  })
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toEqual({ asked: 'GET /v1/models', same: true, socket: null })
  service.closeAllConnections()
  service.close()
  removeDir(folder)
})

it('where there is no socket it changes nothing', async () => {
  const service = createServer((request, answer) => void answer.end(request.url))
  await new Promise<void>((done) => service.listen(0, '127.0.0.1', done))
  const { port } = service.address() as { port: number }
  const url = `http://127.0.0.1:${port}`
  const { stdout } = await run({ OPENAI_BASE_URL: `${url}/v1`, SYSTEM_SERVICE_URL: url })
  expect(JSON.parse(stdout)).toEqual({ asked: '/v1/models', same: true, socket: null })
  service.closeAllConnections()
  service.close()
})
