import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SandboxDriver } from '@syntropism/runtime'
import { ATTEMPTS, type Attempt } from './attempts.ts'

export interface Verdict {
  readonly attempt: Attempt
  readonly held: boolean
  readonly evidence: string
}

const IMPORTS = `import { appendFileSync, chmodSync, copyFileSync, linkSync, openSync, readFileSync, readdirSync, readlinkSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
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
const attempt = async () => { ${attempt.code} }
let got = null
let failed = ''
try { got = (await attempt()) ?? null } catch (error) { failed = String(error.code ?? error.message) }
console.log(JSON.stringify({ failed, got: got === null ? null : String(got).slice(0, 200) }))
process.exit(0)
`
}

async function attemptOnce(driver: SandboxDriver, attempt: Attempt, root: string, host: { pid: number; port: number; socket: string }): Promise<Verdict> {
  const work = join(root, 'agents', 'attacker')
  rmSync(work, { force: true, recursive: true })
  mkdirSync(work)
  const paths = { database: join(root, 'economy.sqlite'), tokens: join(root, 'tokens.json'), victim: join(root, 'agents', 'victim', 'secret.txt') }
  writeFileSync(join(work, 'main.mjs'), programOf(attempt, { ...host, ...paths }))
  const mark = `ESCAPE_MARK=${process.pid}-${attempt.name.replaceAll(' ', '-')}`
  const running = await driver.start({
    command: ['node', 'main.mjs'],
    env: { ESCAPE_MARK: mark.slice('ESCAPE_MARK='.length) },
    limits: { cpu_millicores: 2000, disk_mb: 64, duration_ms: 20_000, files_max: 2000, memory_mb: 128, open_files_max: 256, processes_max: 8 },
    run_id: `escape-${ATTEMPTS.indexOf(attempt)}`,
    service_socket_path: host.socket.replace('other.sock', 'service.sock'),
    service_url: 'http://127.0.0.1:1',
    workspace_dir: work,
  })
  const exit = await running.exit
  const line = exit.output_tail.trim().split('\n').at(-1) ?? ''
  const { failed, got } = (line.startsWith('{') ? JSON.parse(line) : { failed: '', got: null }) as { failed: string; got: string | null }
  const left = survivors(mark)
  const tampered = readFileSync(paths.tokens, 'utf8') !== 'the operator token'
  // A program that says neither what it got nor why it failed was stopped: then its limit must have done it.
  const denied = failed.includes('ACCESS_DENIED')
  const unstopped =
    attempt.stopped === undefined || denied ? (line.startsWith('{') ? null : `no answer: ${exit.cause} ${exit.detail} ${line}`) : attempt.stopped(exit)
  const evidence = got ?? (left.length > 0 ? `left processes ${left.join(' ')}` : tampered ? 'tokens changed' : unstopped)
  return { attempt, evidence: evidence ?? (failed || exit.cause), held: evidence === null }
}

/** Lets every program try its escape from a driver, on a host with things worth having. */
export async function tryAll(open: (root: string) => Promise<SandboxDriver>): Promise<{ driver: SandboxDriver; verdicts: Verdict[] }> {
  const root = mkdtempSync(join(tmpdir(), 'syntropism-escape-'))
  for (const folder of ['node_modules', 'agents/victim']) mkdirSync(join(root, folder), { recursive: true })
  for (const [path, text] of [
    ['economy.sqlite', 'the journal'],
    ['tokens.json', 'the operator token'],
    ['agents/victim/secret.txt', "the victim's secret"],
  ] as const)
    writeFileSync(join(root, path), text)
  const servers = [createServer(), createServer(), createServer()] as const
  await listen(servers[0], 0)
  await listen(servers[1], join(root, 'other.sock'))
  await listen(servers[2], join(root, 'service.sock'))
  chmodSync(join(root, 'service.sock'), 0o666)
  process.env.ESCAPE_HOST_SECRET = 'inherited'
  const driver = await open(root)
  try {
    const host = { pid: process.pid, port: (servers[0].address() as { port: number }).port, socket: join(root, 'other.sock') }
    const verdicts: Verdict[] = []
    for (const attempt of ATTEMPTS) verdicts.push(await attemptOnce(driver, attempt, root, host))
    return { driver, verdicts }
  } finally {
    delete process.env.ESCAPE_HOST_SECRET
    await driver.close()
    for (const server of servers) server.close()
    if (existsSync(root)) rmSync(root, { force: true, recursive: true })
  }
}
