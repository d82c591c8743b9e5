// How smooth the console is: frames and memory of a real Chromium in front of a live economy, view by view and over minutes.
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type CDPSession, type Page, chromium } from 'playwright-core'
import { machine, median } from '../measure.ts'

const { values } = parseArgs({
  options: {
    agents: { default: '10000', type: 'string' },
    events: { default: '1000', type: 'string' },
    minutes: { default: '1', type: 'string' },
    seconds: { default: '10', type: 'string' },
  },
})
const MINUTES = Number(values.minutes)
const SECONDS = Number(values.seconds)
const VIEWS = ['agents', 'agents/agent-00001', 'events', 'market', 'ledger/agent-00001', 'desk', 'operator', 'screen'] as const

/** Counts frames second by second and the longest pause between two, in the page. */
const COUNTER = `window.frames_seen = { seconds: [], longest_ms: 0 }; (() => {
  let second = -1, count = 0, before = 0
  const onFrame = (now) => {
    const seen = window.frames_seen
    if (before > 0) seen.longest_ms = Math.max(seen.longest_ms, now - before)
    before = now
    const at = Math.floor(now / 1000)
    if (at !== second) { if (second >= 0) seen.seconds.push(count); second = at; count = 0 }
    count += 1
    requestAnimationFrame(onFrame)
  }
  requestAnimationFrame(onFrame)
})()`
/** Moves the wheel up and down, as somebody does who looks for something. */
const SCROLLER = `(() => { let step = 0; window.scroller = setInterval(() => { const rows = document.querySelector('.rows'); if (rows) rows.scrollTop = (step++ * 120) % rows.scrollHeight }, 50) })()`

interface Frames {
  readonly longest_ms: number
  readonly seconds: readonly number[]
}

const framesOver = async (page: Page, ms: number): Promise<Frames> => {
  await page.evaluate('window.frames_seen = { seconds: [], longest_ms: 0 }')
  await page.waitForTimeout(ms)
  const { longest_ms, seconds } = await page.evaluate<Frames>('window.frames_seen')
  // The first second began before the count.
  return { longest_ms, seconds: seconds.slice(1) }
}

const shown = ({ longest_ms, seconds }: Frames): string =>
  `frames/s: median ${median(seconds)}, least ${Math.min(...seconds)}; longest pause ${Math.round(longest_ms)} ms`

async function memory(session: CDPSession): Promise<{ heap_mb: number; listeners: number; nodes: number }> {
  for (let round = 0; round < 2; round++) await session.send('HeapProfiler.collectGarbage')
  const { metrics } = await session.send('Performance.getMetrics')
  const of = (name: string): number => metrics.find((one) => one.name === name)?.value ?? 0
  return { heap_mb: of('JSHeapUsedSize') / 1_048_576, listeners: of('JSEventListeners'), nodes: of('Nodes') }
}
const shownMemory = ({ heap_mb, listeners, nodes }: Awaited<ReturnType<typeof memory>>): string =>
  `heap ${heap_mb.toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`

const economy = fork(join(import.meta.dirname, 'economy.ts'), [values.agents, values.events], { execArgv: process.execArgv })
const next = <T>(): Promise<T> => new Promise((done) => economy.once('message', (message) => done(message as T)))
const { url } = await next<{ url: string }>()
const progress = (): Promise<{ elapsed_ms: number; events: number; seq: number }> => {
  const answer = next<{ elapsed_ms: number; events: number; seq: number }>()
  economy.send('seq')
  return answer
}

const browser = await chromium.launch({
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
})
const page = await browser.newPage({ viewport: { height: 900, width: 1360 } })
page.on('pageerror', (error) => {
  throw error
})
await page.goto(url)
await page.getByLabel('Token').fill('operator')
await page.keyboard.press('Enter')
await page.locator('.live.on').waitFor()
const session = await page.context().newCDPSession(page)
await session.send('Performance.enable')
await page.evaluate(COUNTER)
const go = (view: string): Promise<unknown> => page.evaluate(`location.hash = '#/${view}'`)

console.log(`${machine()}; Chromium ${browser.version()}, software rendering; ${values.agents} agents, ${values.events} events/s asked for`)
for (const view of VIEWS) {
  await go(view)
  await page.waitForTimeout(1500)
  console.log(`${view.padEnd(20)} ${shown(await framesOver(page, SECONDS * 1000))}`)
  if (view !== 'agents') continue
  await page.evaluate(SCROLLER)
  console.log(`${`${view}, scrolling`.padEnd(20)} ${shown(await framesOver(page, SECONDS * 1000))}`)
  await page.evaluate('clearInterval(window.scroller)')
}

await go('agents')
console.log(`\nviews in turn for ${MINUTES} min`)
const perSecond: number[] = []
for (let minute = 0; minute <= MINUTES; minute++) {
  if (minute > 0)
    for (const view of VIEWS) {
      await go(view)
      const { seconds } = await framesOver(page, 60_000 / VIEWS.length)
      perSecond.push(...seconds)
    }
  await go('agents')
  await page.waitForTimeout(2000)
  console.log(`after ${String(minute).padStart(2)} min: ${shownMemory(await memory(session))}`)
}
const rate = await progress()
await go('events')
await page.waitForTimeout(1500)
const behind = (await progress()).seq - Number((await page.locator('.live .seq').textContent())?.slice(1))
if (perSecond.length > 0)
  console.log(
    `frames/s over the whole run: median ${median(perSecond)}, least ${Math.min(...perSecond)}; ${perSecond.filter((count) => count < 50).length} of ${perSecond.length} seconds below 50`,
  )
console.log(
  `${Math.round((rate.events * 1000) / rate.elapsed_ms)} events/s came; the page was ${behind} events behind; events passed over: ${await page.getByText('passed over').count()}`,
)
await browser.close()
economy.send('end')
await new Promise((done) => economy.once('exit', done))
