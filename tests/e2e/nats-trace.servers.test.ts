import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EconomyEvent } from '@syntropism/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectNats } from '../../packages/runtime/src/bus/nats/index.ts'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { NatsServer } from '../servers/nats-server.ts'
import { MANY_CREDITS_MICRO } from '../unhurried.ts'

let server: NatsServer
beforeAll(async () => void (server = await NatsServer.start()))
afterAll(() => server.remove())

interface Span {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
  readonly name: string
  readonly parentSpanId?: string
  readonly spanId: string
  readonly traceId: string
}
interface SpanLine {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[]
}
/** A message that went over NATS, and the context in its headers. */
interface Carried {
  readonly span: string
  readonly subject: string
  readonly trace: string
}

const ASKER = `import { connect } from '@syntropism/sdk/node'
const client = connect()
await client.balance(process.env.AGENT_ID)
await client.report('reasoning_trace', { decision: 'done', decision_id: 'd', reasoning: 'asked for the balance' })
`

it('one run over NATS is one tree: bid, clearing, work item, executor process, agent call, receipt', async () => {
  const folder = tempDir()
  const [data, file, dir] = [join(folder, 'data'), join(folder, 'spans.jsonl'), join(folder, 'executor')]
  const standing_bid = { bundle: { cpu_millicores: 400, memory_mb: 128 }, duration_ms: 60_000, limit_micro: 400_000_000, margin_ppm: 100_000, pause_ms: 1000 }
  mkdirSync(join(folder, 'asker'))
  writeFileSync(
    join(folder, 'asker', 'agent.json'),
    JSON.stringify({ command: ['node', 'main.mjs'], name: 'asker', standing_bid, start_credits_micro: MANY_CREDITS_MICRO }),
  )
  writeFileSync(join(folder, 'asker', 'main.mjs'), ASKER)
  const connection = await connectNats({ name: 'test', url: server.url })
  const carried: Carried[] = []
  for (const subject of ['syntropism.*.work.>', 'syntropism.*.engine.http'])
    connection.subscribe(subject, {
      callback: (_error, message) => {
        const [, trace = '', span = ''] = (message.headers?.get('traceparent') ?? '').split('-')
        carried.push({ span, subject: message.subject, trace })
      },
    })
  // A window goes to where most room is left: to the executor, once it is there.
  const env = { NATS_URL: server.url, SYNTROPISM_CPU_MILLICORES: '500', SYNTROPISM_TRACE_FILE: file }
  const executor = { child: null as ReturnType<typeof start> | null }
  const live = start(['live', '--data', data, '--port', '0', '--agents', join(folder, 'asker'), '--sandbox', 'node', '--json'], env)
  const ended = finish(live)
  const watch = new Watch(live)
  try {
    const { economy_id: economyId } = (await watch.find((line) => line.type === 'started')) as { economy_id: string }
    executor.child = start(
      ['executor', '--id', 'far', '--dir', dir, '--economy', economyId, '--cpu-millicores', '4000', '--memory-mb', '4096', '--sandbox', 'node', '--json'],
      { NATS_URL: server.url },
    )
    const executorEnded = finish(executor.child)
    const isFar = (line: Record<string, unknown>): boolean => line.type === 'execution_started' && (line.data as { executor_id: string }).executor_id === 'far'
    const started = (await watch.find(isFar)) as unknown as EconomyEvent & { data: { execution_id: string } }
    const isItsEnd = (line: Record<string, unknown>): boolean =>
      line.type === 'execution_terminated' && (line.data as { execution_id: string }).execution_id === started.data.execution_id
    const end = (await watch.find(isItsEnd)) as unknown as EconomyEvent
    expect(end.data).toMatchObject({ cause: 'completed', exit_code: 0 })
    const [, trace = '', window = ''] = end.traceparent.split('-')
    executor.child.kill('SIGTERM')
    await executorEnded
    live.kill('SIGTERM')
    expect((await ended).code).toBe(0)

    // Every event of the run is of the trace: from the bid over the clearing's outcome to the end of the window.
    const journal = (await run(['events', '--data', data, '--json', '--limit', '1000000'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as EconomyEvent)
    const types = new Set(journal.filter((event) => event.traceparent.includes(trace)).map((event) => event.type))
    for (const type of ['bid_placed', 'resources_allocated', 'execution_started', 'tool_call_completed', 'reasoning_trace', 'execution_terminated'])
      expect([...types], type).toContain(type)

    // The clearing in between is of many bids: its certificate names the one of this trace.
    const allocated = journal.find((event) => event.type === 'resources_allocated' && event.traceparent.includes(trace))
    const won = allocated?.type === 'resources_allocated' ? allocated.data : null
    const certificate = journal
      .flatMap((event) => (event.type === 'market_cleared' ? [event.data.certificate] : []))
      .find(({ clearing_id }) => clearing_id === won?.clearing_id)
    expect(certificate?.winners).toContainEqual(expect.objectContaining({ bid_id: won?.bid_id, executor_id: 'far' }))

    // Its spans are one tree: one root, and no parent that is not there.
    const spans = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as SpanLine).resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans)))
      .filter((span) => span.traceId === trace)
    const known = new Map(spans.map((span) => [span.spanId, span]))
    const roots = spans.filter((span) => (span.parentSpanId ?? '') === '')
    expect(roots).toHaveLength(1)
    expect(spans.filter((span) => (span.parentSpanId ?? '') !== '' && !known.has(span.parentSpanId ?? ''))).toEqual([])
    const call = spans.find((span) => span.name === 'economic.get_balance')
    const path: string[] = []
    for (let at = call; at !== undefined; at = known.get(at.parentSpanId ?? '')) path.push(at.spanId)
    expect(path).toContain(window)
    expect(path.at(-1)).toBe(roots[0]?.spanId)

    // What went over NATS for it carried the same trace: the run under its window, calls below it, the receipt as the run.
    const messages = carried.filter((one) => one.trace === trace)
    const [work, receipt] = ['work.execution.far', 'work.report.far'].map((tail) => messages.find(({ subject }) => subject.endsWith(tail)))
    expect(work?.span).toBe(window)
    expect(receipt?.span).toBe(window)
    expect(messages.filter(({ subject }) => subject.endsWith('engine.http')).length).toBeGreaterThanOrEqual(2)
    // As does that of any other window there, which a slow machine has time for.
    const windows = new Set(journal.flatMap((event) => (event.type === 'resources_allocated' ? [event.traceparent.split('-')[1]] : [])))
    expect(carried.filter(({ subject, trace: other }) => subject.includes('.work.') && !windows.has(other))).toEqual([])
    const check = JSON.parse((await run(['trace', 'check', '--data', data, '--spans', file, '--json'])).stdout) as object
    expect(check).toMatchObject({ events_untraced: [], ok: true, orphans: [], split_traces: [] })
  } finally {
    executor.child?.kill('SIGKILL')
    live.kill('SIGKILL')
    await connection.close()
    removeDir(folder)
  }
})
