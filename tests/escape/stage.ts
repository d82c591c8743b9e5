import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, type Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { type SandboxDriver, type SandboxProcess, openServer } from '@syntropism/runtime'
import { removeDir } from '../program.ts'
import { openFuzzedService } from '../security/fuzzed-service.ts'
import { ATTEMPTS, type Attempt } from './attempts.ts'

export interface Verdict {
  readonly attempt: Attempt
  readonly held: boolean
  readonly evidence: string
}

const IMPORTS = `import { appendFileSync, chmodSync, copyFileSync, linkSync, mkdirSync, openSync, readFileSync, readdirSync, readlinkSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import http from 'node:http'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
`

async function listen(server: Server, at: string | number): Promise<void> {
  await new Promise<void>((done) => (typeof at === 'string' ? server.listen(at, done) : server.listen(at, '127.0.0.1', done)))
}

/** Processes of the host that carry a run's mark in their environment: of a run that is over there must be none. */
function survivors(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)
      } catch {
        // Gone, or a process of another user that cannot be a run of this host.
        return false
      }
    })
    .map(Number)
}

function programOf(attempt: Attempt, host: object): string {
  return `${IMPORTS}const host = ${JSON.stringify(host)}
const ask = (token) => new Promise((done, fail) => { const url = new URL('/economic/balance/a', process.env.SYSTEM_SERVICE_URL); const sent = http.request({ headers: { authorization: 'Bearer ' + token }, ...(process.env.SYSTEM_SERVICE_SOCKET ? { socketPath: process.env.SYSTEM_SERVICE_SOCKET } : { host: url.hostname, port: url.port }), path: url.pathname }, (answer) => { answer.resume(); done(answer.statusCode) }); sent.on('error', fail); sent.end() })
const attempt = async () => { ${attempt.code} }
let got = null
let failed = ''
try { got = (await attempt()) ?? null } catch (error) { failed = String(error.code ?? error.message) }
console.log(JSON.stringify({ failed, got: got === null ? null : String(got).slice(0, 200) }))
process.exit(0)
`
}

const TOKENS = 'the operator token'

interface Host {
  readonly abstract: string
  readonly pid: number
  readonly port: number
  readonly socket: string
  readonly service_url: string
  readonly tokens_of_lease: { readonly ended: string; readonly running: string }
}

async function attemptOnce(driver: SandboxDriver, attempt: Attempt, root: string, host: Host): Promise<Verdict> {
  const work = join(root, 'agents', 'attacker')
  rmSync(work, { force: true, recursive: true })
  mkdirSync(work)
  const paths = { database: join(root, 'economy.sqlite'), tokens: join(root, 'tokens.json'), victim: join(root, 'agents', 'victim', 'secret.txt') }
  writeFileSync(paths.tokens, TOKENS)
  writeFileSync(join(work, 'main.mjs'), programOf(attempt, { ...host, ...paths }))
  const mark = `ESCAPE_MARK=${process.pid}-${attempt.name.replaceAll(' ', '-')}`
  const running = await driver.start({
    command: ['node', 'main.mjs'],
    env: { ESCAPE_MARK: mark.slice('ESCAPE_MARK='.length) },
    limits: { cpu_millicores: 2000, disk_mb: 64, duration_ms: 300_000, files_max: 2000, memory_mb: 128, open_files_max: 256, processes_max: 8 },
    run_id: `escape-${ATTEMPTS.indexOf(attempt)}`,
    service_socket_path: host.socket.replace('other.sock', 'service.sock'),
    service_url: host.service_url,
    workspace_dir: work,
  })
  const exit = await running.exit
  const line = exit.output_tail.trim().split('\n').at(-1) ?? ''
  const { failed, got } = (line.startsWith('{') ? JSON.parse(line) : { failed: '', got: null }) as { failed: string; got: string | null }
  const left = survivors(mark)
  const tampered = readFileSync(paths.tokens, 'utf8') !== TOKENS
  // A program that says neither what it got nor why it failed was stopped: then its limit must have done it.
  const denied = failed.includes('ACCESS_DENIED')
  const unstopped =
    attempt.stopped === undefined || denied ? (line.startsWith('{') ? null : `no answer: ${exit.cause} ${exit.detail} ${line}`) : attempt.stopped(exit)
  const evidence = got ?? (left.length > 0 ? `left processes ${left.join(' ')}` : tampered ? 'tokens changed' : unstopped)
  return { attempt, evidence: evidence ?? (failed || exit.cause), held: evidence === null }
}

/** Another agent with a token of its own, in the same driver at the same time. */
function startNeighbour(driver: SandboxDriver, root: string, host: Host): Promise<SandboxProcess> {
  const work = join(root, 'agents', 'neighbour')
  mkdirSync(work)
  writeFileSync(join(work, 'main.mjs'), 'setInterval(() => undefined, 1000)')
  return driver.start({
    command: ['node', 'main.mjs'],
    env: { SYSTEM_SERVICE_TOKEN: 'neighbour_token_secret' },
    limits: { cpu_millicores: 100, disk_mb: 16, duration_ms: 3_600_000, files_max: 100, memory_mb: 128, open_files_max: 256, processes_max: 4 },
    run_id: 'escape-neighbour',
    service_socket_path: host.socket.replace('other.sock', 'service.sock'),
    service_url: host.service_url,
    workspace_dir: work,
  })
}

/** Lets every program try its escape from a driver, on a host with things worth having. */
export async function tryAll(open: (root: string) => Promise<SandboxDriver>): Promise<{ driver: SandboxDriver; verdicts: Verdict[] }> {
  const root = mkdtempSync(join(tmpdir(), 'syntropism-escape-'))
  for (const folder of ['node_modules', 'agents/victim']) mkdirSync(join(root, folder), { recursive: true })
  for (const [path, text] of [
    ['economy.sqlite', 'the journal'],
    ['agents/victim/secret.txt', "the victim's secret"],
  ] as const)
    writeFileSync(join(root, path), text)
  mkdirSync(join(root, 'service'))
  const service = await openFuzzedService(join(root, 'service'), DEFAULT_PARAMS)
  const servers = [createServer(), createServer(), openServer(service.fetch), openServer(service.fetch), createServer()] as const
  const abstract = `\0syntropism-escape-${process.pid}`
  await listen(servers[0], 0)
  await listen(servers[1], join(root, 'other.sock'))
  await listen(servers[2], join(root, 'service.sock'))
  await listen(servers[3], 0)
  await listen(servers[4], abstract)
  chmodSync(join(root, 'service.sock'), 0o666)
  process.env.ESCAPE_HOST_SECRET = 'inherited'
  const driver = await open(root)
  let neighbour: SandboxProcess | null = null
  try {
    const host: Host = {
      abstract,
      pid: process.pid,
      port: (servers[0].address() as AddressInfo).port,
      service_url: `http://127.0.0.1:${(servers[3].address() as AddressInfo).port}`,
      socket: join(root, 'other.sock'),
      tokens_of_lease: { ended: service.bearer.ended ?? '', running: service.bearer.agent ?? '' },
    }
    neighbour = await startNeighbour(driver, root, host)
    const verdicts: Verdict[] = []
    for (const attempt of ATTEMPTS) verdicts.push(await attemptOnce(driver, attempt, root, host))
    return { driver, verdicts }
  } finally {
    delete process.env.ESCAPE_HOST_SECRET
    neighbour?.stop('the stage is over')
    await neighbour?.exit
    await service.close()
    await driver.close()
    for (const server of servers) server.close()
    removeDir(root)
  }
}
