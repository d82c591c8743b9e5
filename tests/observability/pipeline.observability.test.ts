import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { freePort } from '../servers/server-process.ts'
import { unhurried } from '../unhurried.ts'
import { CLIENT_DIR, type Part, type PhoenixSpan, eventually, spansOf, startCollector, startPhoenix } from './parts.ts'

const GENESIS = resolve(import.meta.dirname, '../../agents/genesis')
let folder = ''
let phoenix: Part
beforeAll(async () => {
  folder = tempDir()
  phoenix = await startPhoenix(folder)
})
afterAll(async () => {
  await phoenix?.stop()
  removeDir(folder)
})

interface Sent {
  readonly created: number
  readonly exported: number
  readonly dropped: number
  readonly waiting: number
}
interface Found {
  readonly ok: boolean
  readonly spans: number
  readonly orphans: string[]
}

const check = async (data: string): Promise<Found> =>
  JSON.parse((await run(['trace', 'check', '--data', data, '--phoenix', phoenix.url, '--wait', '300', '--json'])).stdout) as Found

/** Names from the root of its trace down to a span. */
function pathOf(span: PhoenixSpan, byId: ReadonlyMap<string, PhoenixSpan>): string {
  const parent = span.parent_id === null ? undefined : byId.get(span.parent_id)
  return parent === undefined ? span.name : `${pathOf(parent, byId)} > ${span.name}`
}

interface Token {
  readonly name: string
  readonly token: string
}

/** The running service shows its figures to an observer's token, and to nobody without one. */
async function seesFigures(url: string, tokens: readonly Token[]): Promise<void> {
  expect((await fetch(`${url}/metrics`)).status).toBe(401)
  const observer = tokens.find((one) => one.name === 'observer')?.token ?? ''
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${observer}` } })
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  const text = await answer.text()
  for (const line of [
    'syntropism_windows_ended_total{cause="completed"}',
    'syntropism_spans{outcome="dropped"} 0',
    'syntropism_clearing_duration_seconds_count',
  ])
    expect(text).toContain(line)
}

/** Pushes a run's judgements and looks at what Phoenix then says: the second time nothing is new. */
async function pushTwice(data: string, project: string, windowSpanId: string): Promise<void> {
  const push = async (): Promise<object> => {
    const pushed = await run(['phoenix', 'push', '--data', data, '--url', phoenix.url, '--client', CLIENT_DIR, '--json'])
    expect(pushed).toMatchObject({ code: 0, stderr: '' })
    return JSON.parse(pushed.stdout) as object
  }
  expect(await push()).toMatchObject({ annotations: 3, datasets: [{ added: 1, known: 0 }, { known: 0 }] })
  expect(await push()).toMatchObject({ annotations: 3, datasets: [{ added: 0, known: 1 }, { added: 0 }] })
  const asked = await fetch(`${phoenix.url}/v1/projects/${project}/span_annotations?span_ids=${windowSpanId}`)
  const { data: found } = (await asked.json()) as { data: { annotator_kind: string; name: string; result: { score: number } }[] }
  const human = found.filter((one) => one.annotator_kind === 'HUMAN').map((one) => [one.name, one.result.score])
  expect(Object.fromEntries(human)).toEqual({ interesting: 7, understandable: 6, useful: 8 })
}

describe('a live run through the Collector into Phoenix', () => {
  it('loses nothing when the Collector is killed in the middle, and one bid is a single tree', async () => {
    const data = join(folder, 'run')
    const port = await freePort()
    const setting = { config: 'every-trace.yaml', folder, phoenix: phoenix.url, port } as const
    let collector = await startCollector(setting)
    const child = start(['live', '--data', data, '--port', '0', '--agents', unhurried('genesis'), '--sandbox', 'node', '--json'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    })
    const ended = finish(child)
    const watch = new Watch(child)
    const started = await watch.find((line) => line.type === 'started')
    const token = (started.tokens as Token[]).find((one) => one.name.startsWith('human'))?.token ?? ''
    await watch.find((line) => line.type === 'prompt_filed')
    await watch.find((line) => line.type === 'execution_terminated')
    await collector.stop('SIGKILL')
    const scores = ['--interesting', '7', '--useful', '8', '--understandable', '6', '--reason', 'clear', '--data', data]
    expect((await run(['score', 'prompt-1', ...scores], { SYNTROPISM_TOKEN: token })).stdout).toContain('1050 credits minted')
    await wait(3000)
    collector = await startCollector(setting)
    await watch.find((line) => line.type === 'execution_terminated' && line.seq !== undefined && Number(line.seq) > 100)
    await seesFigures(String(started.url), started.tokens as Token[])
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    expect(await (await fetch(collector.metrics_url)).text()).toContain('syntropism_price_credits_per_second')
    const sent = (watch.seen.find((line) => line.type === 'stopped') as { traces: Sent }).traces
    expect(sent).toMatchObject({ dropped: 0, exported: sent.created, waiting: 0 })
    const found = await check(data)
    expect(found).toMatchObject({ ok: true, orphans: [], spans: sent.created })
    const project = `syntropism-${String(started.economy_id)}`
    const spans = await spansOf(phoenix.url, project)
    const byId = new Map(spans.map((span) => [span.context.span_id, span]))
    const judged = spans.find((span) => span.span_kind === 'EVALUATOR') as PhoenixSpan
    const tree = spans.filter((span) => span.context.trace_id === judged.context.trace_id)
    const paths = tree.map((span) => pathOf(span, byId))
    const root = 'bid of genesis'
    const window = `${root} > clearing > genesis`
    for (const path of [
      `${root} > transfer: bid_hold`,
      `${root} > clearing > burn: resource_burn`,
      `${window} > economic.get_balance`,
      `${window} > human.prompt > ${root} > human scores`,
    ])
      expect(paths).toContain(path)
    expect(paths.some((path) => path.startsWith(`${root} > clearing`) && path.endsWith('price update'))).toBe(true)
    expect(tree.filter((span) => span.parent_id === null)).toHaveLength(1)
    const author = tree.find((span) => span.span_kind === 'AGENT') as PhoenixSpan
    expect(author.attributes['session.id']).toBe(`${String(started.economy_id)}/genesis`)
    await pushTwice(data, project, author.context.span_id)
    await collector.stop()
  })

  it('keeps on disk what a dead Phoenix does not take, over a kill of the Collector', async () => {
    const data = join(folder, 'waiting')
    const port = await freePort()
    const nowhere = `http://127.0.0.1:${await freePort()}`
    const queue = join(folder, 'later')
    const first = await startCollector({ config: 'every-trace.yaml', env: { QUEUE_DIR: queue }, folder, phoenix: nowhere, port })
    const live = await run(['live', '--data', data, '--port', '0', '--agents', GENESIS, '--sandbox', 'node', '--for', '5s', '--json'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: first.url,
    })
    expect(live.code).toBe(0)
    const sent = (JSON.parse(live.stdout.trim().split('\n').at(-1) ?? '') as { traces: Sent }).traces
    expect(sent).toMatchObject({ dropped: 0, exported: sent.created })
    await first.stop('SIGKILL')
    const second = await startCollector({ config: 'every-trace.yaml', env: { QUEUE_DIR: queue }, folder, phoenix: phoenix.url, port })
    expect(await check(data)).toMatchObject({ ok: true, spans: sent.created })
    await second.stop()
  })
})

interface JudgedTrial {
  readonly error: string | null
  readonly item: string
  readonly pass: boolean
  readonly seed: number
}
interface ExperimentRow {
  readonly annotations: readonly { readonly name: string; readonly score: number }[]
  readonly input: { readonly item: string; readonly seed: number }
}

describe('runs of the benchmark', () => {
  const pushRun = (out: string) => run(['phoenix', 'experiment', out, '--url', phoenix.url, '--client', CLIENT_DIR, '--json'])
  const benchmark = (agent: string, out: string, ...more: string[]) =>
    run(['benchmark', 'run', 'ER-1', 'FC-1', '--agent', agent, '--epochs', '2', '--out', out, '--json', ...more])

  it('are experiments on one dataset with a verdict for each trial; pushed again, nothing is new', async () => {
    const datasets = new Set<string>()
    for (const [agent, passes] of [
      ['greedy', 0],
      ['rule', 4],
    ] as const) {
      const out = join(folder, `benchmark-${agent}`)
      const { trials } = JSON.parse((await benchmark(agent, out)).stdout) as { trials: JudgedTrial[] }
      expect(trials.filter((trial) => trial.pass)).toHaveLength(passes)
      const first = await pushRun(out)
      expect(first).toMatchObject({ code: 0, stderr: '' })
      const pushed = JSON.parse(first.stdout) as { dataset: string; experiment_id: string }
      expect(pushed).toMatchObject({ examples: 4, known: false })
      datasets.add(pushed.dataset)
      const rows = (await (await fetch(`${phoenix.url}/v1/experiments/${pushed.experiment_id}/json`)).json()) as ExperimentRow[]
      const verdicts = rows.map(({ annotations, input }) => `${input.item} ${input.seed}: ${annotations.find((one) => one.name === 'passed')?.score}`)
      expect(verdicts.toSorted()).toEqual(trials.map(({ item, pass, seed }) => `${item} ${seed}: ${Number(pass)}`).toSorted())
      expect(JSON.parse((await pushRun(out)).stdout)).toMatchObject({ experiment_id: pushed.experiment_id, known: true })
    }
    expect(datasets.size).toBe(1)
  })

  it('are refused while trials are missing', async () => {
    const out = join(folder, 'benchmark-half')
    expect((await benchmark('greedy', out, '--repeats', '2')).code).toBe(0)
    rmSync(join(out, 'trials', 'ER-1.1.1.json'))
    const half = await pushRun(out)
    expect(half.code).toBe(1)
    expect(half.stderr).toContain('the run has 1 of 2 runs of "ER-1 seed 1')
  })
})

const traceId = (number: number): string => String(number).padStart(32, 'e')
/** One span by hand, as OTLP JSON. */
function spanOf(number: number, attributes: Record<string, string | number>, error = false): object {
  const now = `${Date.now()}000000`
  const value = (one: string | number): object => (typeof one === 'number' ? { intValue: String(one) } : { stringValue: one })
  return {
    attributes: Object.entries(attributes).map(([key, one]) => ({ key, value: value(one) })),
    endTimeUnixNano: now,
    kind: 1,
    name: `span ${number}`,
    spanId: String(number).padStart(16, 'f'),
    startTimeUnixNano: now,
    status: { code: error ? 2 : 1 },
    traceId: traceId(number),
  }
}

async function send(collector: string, project: string, spans: readonly object[]): Promise<void> {
  const resource = { attributes: [{ key: 'openinference.project.name', value: { stringValue: project } }] }
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
  const answer = await fetch(`${collector}/v1/traces`, { body, headers: { 'content-type': 'application/json' }, method: 'POST' })
  expect(answer.status).toBe(200)
}

it('Phoenix shows what a model’s calls cost once it was told what the model costs', async () => {
  const cwd = join(folder, 'prices')
  mkdirSync(cwd)
  const upstream = { base_url: 'http://127.0.0.1:1/v1', id: 'local' }
  const model = { output_tokens_max: 64, price: { input: 3, output: 5 }, upstreams: [{ model: 'small', upstream: 'local' }] }
  writeFileSync(
    join(cwd, 'syntropism.config.json'),
    JSON.stringify({ llm: { models: { 'maker/small-1.5': model }, upstreams: [upstream], usd_per_minute: 1 } }),
  )
  const push = async (): Promise<unknown> => {
    const { code, stderr, stdout } = await finish(start(['phoenix', 'prices', '--url', phoenix.url, '--json'], {}, cwd))
    expect([code, stderr]).toEqual([0, ''])
    return JSON.parse(stdout)
  }
  expect(await push()).toEqual({ added: ['maker/small-1.5'], changed: [], known: [], without_price: [] })
  expect(await push()).toMatchObject({ added: [], known: ['maker/small-1.5'] })
  const collector = await startCollector({
    config: 'every-trace.yaml',
    env: { QUEUE_DIR: join(folder, 'priced') },
    folder,
    phoenix: phoenix.url,
    port: await freePort(),
  })
  const counts = { 'llm.token_count.completion': 34, 'llm.token_count.prompt': 175, 'llm.token_count.total': 209 }
  // The price must have come to where spans are reckoned: each try is a call of its own.
  let tries = 0
  const cost = await eventually(
    async () => {
      await send(collector.url, 'priced', [spanOf(1000 + (tries += 1), { ...counts, 'llm.model_name': 'maker/small-1.5', 'openinference.span.kind': 'LLM' })])
      const query = '{projects{edges{node{name costSummary{total{cost tokens}}}}}}'
      const asked = await fetch(`${phoenix.url}/graphql`, { body: JSON.stringify({ query }), headers: { 'content-type': 'application/json' }, method: 'POST' })
      const { data } = (await asked.json()) as {
        data: { projects: { edges: { node: { costSummary: { total: { cost: number; tokens: number } }; name: string } }[] } }
      }
      return data.projects.edges.find(({ node }) => node.name === 'priced')?.node.costSummary.total.cost ?? 0
    },
    (found) => found > 0,
  )
  const one = (175 * 3 + 34 * 5) / 1_000_000
  expect(cost / one).toBeCloseTo(Math.round(cost / one), 6)
  await collector.stop()
})

describe('the tail sampler', () => {
  it('keeps errors and what the economy finds interesting, and of the rest its share, here none', async () => {
    const port = await freePort()
    const env = { DECISION_WAIT: '1s', QUEUE_DIR: join(folder, 'sampled'), SAMPLE_PERCENT: '0' }
    const collector = await startCollector({ config: 'config.yaml', env, folder, phoenix: phoenix.url, port })
    const transfer = (amount: number, purpose: string) => ({
      'syntropism.amount_micro': amount,
      'syntropism.event_type': 'credits_transferred',
      'syntropism.purpose': purpose,
    })
    const spans = [
      spanOf(1, {}),
      spanOf(2, {}, true),
      spanOf(3, { 'syntropism.interest': 'bid_rejected' }),
      spanOf(4, { 'syntropism.interest': 'death' }),
      spanOf(5, { 'syntropism.interest': 'payment_required' }),
      spanOf(6, transfer(500_000_000, 'thanks')),
      spanOf(7, transfer(500, 'thanks')),
      spanOf(8, transfer(500_000_000, 'bid_hold')),
      spanOf(9, { 'openinference.span.kind': 'EVALUATOR' }),
    ]
    await send(collector.url, 'sampled', spans)
    const kept = [2, 3, 4, 5, 6, 9].map(traceId)
    const stored = await eventually(
      () => spansOf(phoenix.url, 'sampled'),
      (found) => found.length >= kept.length,
    )
    expect(stored.map((span) => span.context.trace_id).toSorted()).toEqual(kept)
    await collector.stop()
  })
})
