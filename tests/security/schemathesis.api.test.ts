import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { openServer } from '@syntropism/runtime'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { removeDir, tempDir } from '../program.ts'
import { type FuzzedService, openFuzzedService } from './fuzzed-service.ts'

const INSTALLED = resolve(import.meta.dirname, '../../.parts/schemathesis/bin/schemathesis')
/** Schemathesis as `scripts/parts.sh` installs it, or on the path; `SYNTROPISM_SCHEMATHESIS` names another. */
const PROGRAM = process.env.SYNTROPISM_SCHEMATHESIS ?? (existsSync(INSTALLED) ? INSTALLED : 'schemathesis')
const CHECKS =
  'not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method,negative_data_rejection,allow_header_conformance,ignored_auth'
/** The same requests in every run: `SYNTROPISM_FUZZ_SEED` asks others. */
const SEED = process.env.SYNTROPISM_FUZZ_SEED ?? '7'
/** What would make runs differ is left out: what was found before, how fast the machine is, where it runs, and Python's own order of sets. */
const ALIKE = ['--generation-database', 'none', '--suppress-health-check', 'too_slow', '--request-timeout', '300', '--workers', '1']
const ENVIRONMENT = { LANG: 'C.UTF-8', PATH: process.env.PATH, PYTHONHASHSEED: '0' }

let folder = ''
let service: FuzzedService
let server: Server
beforeAll(async () => {
  folder = tempDir()
  service = await openFuzzedService(folder, DEFAULT_PARAMS)
  server = openServer(service.fetch)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await service.close()
  removeDir(folder)
})

it('is installed', () => {
  const found = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' })
  expect(found.status, 'install it with "scripts/parts.sh schemathesis" or "pip install schemathesis", or name it in SYNTROPISM_SCHEMATHESIS').toBe(0)
})

for (const role of ['operator', 'agent', 'human', 'observer', 'nobody'])
  it(`no answer of the service to ${role} is a failure or undocumented (seed ${SEED})`, async () => {
    const { port } = server.address() as AddressInfo
    const args = ['run', `http://127.0.0.1:${port}/openapi.json`, '-H', `Authorization: Bearer ${service.bearer[role] ?? ''}`, '--checks', CHECKS]
    const child = spawn(PROGRAM, [...args, ...ALIKE, '-n', '30', '--seed', SEED, '--no-color', '--continue-on-failure'], {
      cwd: folder,
      env: { ...ENVIRONMENT, HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')))
    const code = await new Promise((done) => child.once('close', done))
    expect(code, output.slice(-6000)).toBe(0)
    expect(Number(/(\d+) generated/.exec(output)?.[1] ?? 0)).toBeGreaterThan(500)
  })
