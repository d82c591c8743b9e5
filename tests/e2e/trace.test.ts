import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { EVERYTHING } from '../tools/world.ts'
import { unhurried } from '../unhurried.ts'

const GENESIS = unhurried('genesis', { 'policy.json': { pause_base_ms: 500 } })
const RESTING = unhurried('genesis', { 'policy.json': { pause_base_ms: 300_000 } })
afterAll(() => {
  for (const folder of [GENESIS, RESTING]) removeDir(dirname(folder))
})

interface Told {
  readonly event_id: string
  readonly seq: number
}
/** The next event of a type in what a program writes. */
const nextEvent = async (watch: Watch, type: string, after: number): Promise<Told> =>
  (await watch.find((line) => line.type === type && (line.seq as number) > after)) as unknown as Told

it('a traced run is complete by its journal and its spans, over a restart, and a lost line is found', async () => {
  const data = tempDir()
  const file = join(data, 'spans.jsonl')
  // Twice, so that bids are open over a restart.
  for (let life = 0; life < 2; life++) {
    const child = start(['live', '--data', data, '--port', '0', '--agents', GENESIS, '--sandbox', 'node', '--json'], { SYNTROPISM_TRACE_FILE: file })
    const ended = finish(child)
    const watch = new Watch(child)
    const { seq } = await nextEvent(watch, 'execution_terminated', 0)
    await nextEvent(watch, 'bid_placed', seq)
    child.kill('SIGTERM')
    const live = await ended
    expect(live).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(live.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ traces: { dropped: 0, events_dropped: 0, waiting: 0 }, type: 'stopped' })
  }
  const check = await run(['trace', 'check', '--data', data, '--spans', file, '--json'])
  const found = JSON.parse(check.stdout) as { events: number; spans: number }
  expect(found).toMatchObject({
    events_untraced: [],
    events_without_span: [],
    ok: true,
    orphans: [],
    postings_untraced: 0,
    spans_without_event: [],
    split_traces: [],
  })
  expect(check.code).toBe(0)
  expect(found.events).toBeGreaterThan(20)
  expect(found.spans).toBeGreaterThan(15)
  // Spans go out in several batches, one a line: without the middle one there are holes.
  const kept = readFileSync(file, 'utf8').trim().split('\n')
  writeFileSync(file, kept.toSpliced(Math.floor(kept.length / 2), 1).join('\n'))
  const holed = await run(['trace', 'check', '--data', data, '--spans', file])
  expect(holed.code).toBe(1)
  expect(holed.stdout).toContain('Not complete.')
  expect((await run(['trace', 'check', '--data', data])).stderr).toContain('--spans')
  removeDir(data)
})

it('what was open when the process was killed is told again, so that no span is left without its parent', async () => {
  const data = tempDir()
  const file = join(data, 'spans.jsonl')
  const args = ['live', '--data', data, '--port', '0', '--agents', RESTING, '--sandbox', 'node', '--json']
  const child = start(args, { SYNTROPISM_TRACE_FILE: file })
  const ended = finish(child)
  const watch = new Watch(child)
  const { seq } = await nextEvent(watch, 'execution_terminated', 0)
  // The window's spans leave, and those of a price after it; then only its next bid is open.
  const { event_id } = await nextEvent(watch, 'price_update', (await nextEvent(watch, 'bid_placed', seq)).seq)
  while (!existsSync(file) || !readFileSync(file, 'utf8').includes(event_id)) await new Promise((done) => setTimeout(done, 20))
  child.kill('SIGKILL')
  await ended
  expect((await run([...args, '--for', '3s'], { SYNTROPISM_TRACE_FILE: file })).code).toBe(0)
  const check = JSON.parse((await run(['trace', 'check', '--data', data, '--spans', file, '--json'])).stdout) as { events_without_span: string[] }
  expect(check).toMatchObject({ events_untraced: [], orphans: [], spans_without_event: [], split_traces: [] })
  expect(check.events_without_span.filter((line) => line.includes('bid_placed'))).toEqual([])
  removeDir(data)
})

interface SpanLine {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[] }[]
}
interface OtlpSpan {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
}

const spansIn = (file: string): OtlpSpan[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as SpanLine).resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans)))
const kindOf = (span: OtlpSpan | undefined): string | undefined => span?.attributes.find(({ key }) => key === 'openinference.span.kind')?.value.stringValue

const CALLER = `import { connect } from '@syntropism/sdk/node'
await connect().callTool('everything', 'echo', { message: 'hello' })
`

it('a call of an outside tool is a TOOL span below the window of the agent that made it, and the run is complete', async () => {
  const folder = tempDir()
  const data = join(folder, 'data')
  const file = join(folder, 'spans.jsonl')
  const bid = { bundle: { cpu_millicores: 500, memory_mb: 128 }, duration_ms: 180_000, limit_micro: 500_000_000, margin_ppm: 100_000, pause_ms: 60_000 }
  mkdirSync(join(folder, 'caller'))
  writeFileSync(join(folder, 'caller', 'agent.json'), JSON.stringify({ command: ['node', 'main.mjs'], name: 'caller', standing_bid: bid }))
  writeFileSync(join(folder, 'caller', 'main.mjs'), CALLER)
  const config = { agents: [join(folder, 'caller')], data, port: 0, tools: { servers: [EVERYTHING] } }
  writeFileSync(join(folder, 'syntropism.config.json'), JSON.stringify(config))
  const child = start(['live', '--sandbox', 'node', '--json'], { SYNTROPISM_TRACE_FILE: file }, folder)
  const ended = finish(child)
  const terminated = await new Watch(child).find((line) => line.type === 'execution_terminated')
  expect(terminated.data).toMatchObject({ cause: 'completed' })
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
  const spans = spansIn(file)
  const call = spans.find((span) => span.name === 'everything.echo')
  expect(kindOf(call)).toBe('TOOL')
  expect(JSON.stringify(call?.attributes)).toContain('Echo: hello')
  const window = spans.find((span) => span.spanId === call?.parentSpanId)
  expect([kindOf(window), window?.name]).toEqual(['AGENT', 'caller'])
  const check = JSON.parse((await run(['trace', 'check', '--data', data, '--spans', file, '--json'])).stdout) as object
  expect(check).toMatchObject({ events_untraced: [], events_without_span: [], ok: true, orphans: [], postings_untraced: 0, split_traces: [] })
  removeDir(folder)
})

const THINKER = `import { connect } from '@syntropism/sdk/node'
const service = connect()
await service.complete({ max_tokens: 20, model: 'small', prompt: 'what is dear?' })
`

it('a call of a model is an LLM span with what was said, below the window of the agent that made it, though that knows nothing of traces', async () => {
  const folder = tempDir()
  const data = join(folder, 'data')
  const file = join(folder, 'spans.jsonl')
  const upstream = createServer((incoming, outgoing) => {
    incoming.resume().on('end', () => {
      const choice = { finish_reason: 'stop', index: 0, message: { content: 'attention is', role: 'assistant' } }
      outgoing.setHeader('content-type', 'application/json')
      outgoing.end(JSON.stringify({ choices: [choice], usage: { completion_tokens: 3, prompt_tokens: 9, total_tokens: 12 } }))
    })
  })
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done))
  const { port } = upstream.address() as AddressInfo
  const bundle = { cpu_millicores: 500, llm_micro_usd_per_minute: 50_000, memory_mb: 128 }
  const bid = { bundle, duration_ms: 180_000, limit_micro: 900_000_000, margin_ppm: 100_000, pause_ms: 60_000 }
  mkdirSync(join(folder, 'thinker'))
  writeFileSync(join(folder, 'thinker', 'agent.json'), JSON.stringify({ command: ['node', 'main.mjs'], name: 'thinker', standing_bid: bid }))
  writeFileSync(join(folder, 'thinker', 'main.mjs'), THINKER)
  const llm = {
    models: { small: { output_tokens_max: 64, price: { input: 1, output: 2 }, upstreams: [{ model: 'm', upstream: 'local' }] } },
    upstreams: [{ base_url: `http://127.0.0.1:${port}/v1`, id: 'local' }],
    usd_per_minute: 0.5,
  }
  writeFileSync(join(folder, 'syntropism.config.json'), JSON.stringify({ agents: [join(folder, 'thinker')], data, llm, port: 0 }))
  const child = start(['live', '--sandbox', 'node', '--json'], { SYNTROPISM_TRACE_FILE: file }, folder)
  const ended = finish(child)
  const terminated = await new Watch(child).find((line) => line.type === 'execution_terminated')
  expect(terminated.data).toMatchObject({ cause: 'completed' })
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
  upstream.close()
  const spans = spansIn(file)
  const call = spans.find((span) => kindOf(span) === 'LLM')
  expect(call?.name).toBe('small')
  for (const said of ['what is dear?', 'attention is', '{"max_tokens":20}'])
    expect(JSON.stringify(call?.attributes), said).toContain(JSON.stringify(said).slice(1, -1))
  const tool = spans.find((span) => span.spanId === call?.parentSpanId)
  expect([kindOf(tool), tool?.name]).toEqual(['TOOL', 'llm.complete'])
  const window = spans.find((span) => span.spanId === tool?.parentSpanId)
  expect([kindOf(window), window?.name]).toEqual(['AGENT', 'thinker'])
  const check = JSON.parse((await run(['trace', 'check', '--data', data, '--spans', file, '--json'])).stdout) as object
  expect(check).toMatchObject({ events_untraced: [], events_without_span: [], ok: true, orphans: [], postings_untraced: 0, split_traces: [] })
  removeDir(folder)
})
