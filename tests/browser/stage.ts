import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPages } from '@syntropism/console'
import { ThreadedSolver } from '@syntropism/solver'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import {
  bookAt,
  Host,
  Inquiries,
  Tokens,
  Web,
  createMemoryBus,
  journalReads,
  createService,
  hashToken,
  openRuns,
  openServer,
  readEvents,
  type WorkspaceHistory,
  openSqlite,
} from '@syntropism/runtime'
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core'

const credits = (amount: number): number => amount * 1_000_000
const WINDOW = { bundle: { cpu: 250_000, memory: 62_500 }, duration_ms: 3000, limit_micro: credits(20), margin_ppm: 250_000, pause_ms: 1000 }

const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

const STATE = 'c'.repeat(40)
/** One state of every workspace, with a change of one line in it. */
const workspaces: WorkspaceHistory = {
  changes: async () => [{ change: 'changed', patch: '===\n--- notes.md\n+++ notes.md\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n', path: 'notes.md' }],
  log: async () => [{ at_ms: 1_700_000_000_000, commit: STATE, message: 'lease-1 completed' }],
  rollBack: async () => STATE,
}

/** Results of two simulations and a benchmark run. */
function writeRuns(folder: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write('market/series.csv', 'run,gini\n0,0.25\n')
  write('market/report.html', '<!doctype html><title>market</title><h1>Plots of the market</h1>')
  write('other/series.csv', 'run,gini\n0,0.75\n')
  write('other/report.html', '<!doctype html><title>other</title><h1>A report with a script</h1><script>document.title = "ran"</script>')
  write('rule/run.json', '{"agent":"rule"}')
  write('rule/trials/ER-1.1.0.json', '{"item":"ER-1","pass":true,"spend_micro_usd":0}')
}

/** An economy with some life in it, behind the door that browsers come in by. */
export interface Stage {
  readonly host: Host
  readonly url: string
  /** Advances economy time and beats. */
  tick(ms?: number): Promise<void>
  /** Throws when it is refused: an agent has one prompt open at a time. */
  filePrompt(agentId: string, title: string, report: string): Promise<void>
  /** Closes the door, and opens it again at the same address. */
  cut(): Promise<void>
  /** As after a new start of the economy: nobody is logged in any more. */
  forgetLogins(): void
  mend(): Promise<void>
  /** Lets time pass for logins, which last twelve hours. */
  passTime(ms: number): void
  close(): Promise<void>
}

async function populate(host: Host, tick: Stage['tick']): Promise<void> {
  const owner = 'host'
  await host.submit({ economy_id: 'stage', owner, params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  await host.submit({ cpu_millicores: 2000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, owner, reports: false, type: 'register_executor' })
  await host.submit({ human_id: 'ada', on_duty: true, owner, type: 'set_duty' })
  for (const agent_id of ['genesis', 'broker', 'thinker']) {
    await host.submit({ agent_id, grant_micro: credits(1000), name: agent_id, owner, standing_bid: WINDOW, type: 'create_agent' })
  }
  await host.submit({
    agent_id: 'broker',
    cost_micro: credits(2),
    owner,
    payment: 'on_response',
    service_name: 'sum',
    specification: {},
    type: 'register_service',
  })
  await host.submit({ endowment_micro: credits(200), name: 'child', owner, parent_id: 'genesis', type: 'spawn' })
  for (let beat = 0; beat < 120; beat++) await tick(100)
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-browser-'))
  const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
  const bus = createMemoryBus((error) => {
    throw error
  })
  const started = Date.now()
  let ahead = -60_000
  const host = await Host.open({
    bus,
    createClock: () => ({ now: () => Math.max(started, Date.now()) + ahead }),
    journal,
    onFatal: (error) => {
      throw error
    },
    tracing: { adopt: (traceparent) => traceparent, begin: () => TRACEPARENT, call: () => TRACEPARENT, describeCall: () => undefined },
  })
  const tick = async (ms = 100): Promise<void> => {
    ahead += ms
    await host.submit({ owner: 'host', type: 'tick' })
  }
  const tokens = new Tokens([
    { hash: hashToken('ada-token'), human_id: 'ada', role: 'human' },
    { hash: hashToken('operator-token'), operator_id: 'olga', role: 'operator' },
    { hash: hashToken('observer-token'), role: 'observer' },
  ])
  const solver = new ThreadedSolver()
  const inquiries = new Inquiries(solver, 5000)
  const read = (filter: Parameters<typeof readEvents>[1]) => readEvents(queries, filter)
  const app = createService({
    bookAt: (seq, certificate, rule) => bookAt(journalReads(queries), seq, certificate, rule),
    inquiries,
    host,
    queries,
    readEvents: read,
    tokens,
    runs: openRuns(join(folder, 'runs')),
    workspaces,
  })
  writeRuns(join(folder, 'runs'))
  await populate(host, tick)
  let passedMs = 0
  const createWeb = (): Web =>
    new Web({
      economyId: () => host.state.economy_id,
      fetch: (request) => app.fetch(request),
      now: () => Date.now() + passedMs,
      pages: openPages(),
      phoenix_url: 'http://127.0.0.1:6006/',
      readEvents: read,
      subscribe: (listener) => bus.subscribe(listener),
      tokens,
    })
  let web = createWeb()
  let server = openServer(web.fetch)
  let port = 0
  const mend = async (): Promise<void> => {
    server = openServer(web.fetch)
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
    port = (server.address() as { port: number }).port
  }
  const cut = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
  }
  await mend()
  return {
    async close() {
      await inquiries.close()
      await cut()
      await host.stop()
      rmSync(folder, { force: true, recursive: true })
    },
    cut,
    forgetLogins() {
      web = createWeb()
    },
    async filePrompt(agentId, title, report) {
      const filed = await host.submit({ agent_id: agentId, amount_micro: credits(10), content: { report, title }, owner: 'host', type: 'file_prompt' })
      if (!filed.ok) throw new Error(`"${title}" was not filed: ${filed.refusal.code}`)
    },
    host,
    mend,
    passTime: (ms) => void (passedMs += ms),
    tick,
    url: `http://127.0.0.1:${port}`,
  }
}

/** A guard against hanging, no measure. */
export const HANG_MS = 240_000

/** The system's Chromium; fails where there is none. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    timeout: HANG_MS,
  })

/** Logs in by keyboard. Everything that the page complains about is collected. */
export async function logIn(context: BrowserContext, stage: Stage, token: string): Promise<{ page: Page; complaints: string[] }> {
  context.setDefaultTimeout(HANG_MS)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(stage.url)
  await page.getByLabel('Token').fill(token)
  await page.keyboard.press('Enter')
  await page.locator('.live.on').waitFor()
  return { complaints, page }
}

/** Goes to a view and waits until it stands. */
export async function openView(page: Page, stage: Stage, view: string): Promise<void> {
  await page.goto(`${stage.url}/#/${view}`)
  await page.locator('main h1').waitFor()
  await page.waitForLoadState('networkidle', { timeout: 30_000 }).catch(() => undefined)
}
