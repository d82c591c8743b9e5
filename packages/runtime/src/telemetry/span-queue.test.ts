import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import { SpanQueue } from './span-queue.ts'

/** A receiver that answers as it is told and keeps the names of what it took. */
function createReceiver() {
  const taken: string[] = []
  const receiver = { alive: true, asked: 0, taken }
  const exporter: SpanExporter = {
    export(spans: ReadableSpan[], done: (result: ExportResult) => void) {
      receiver.asked += 1
      if (receiver.alive) taken.push(...spans.map((span) => span.name))
      done({ code: receiver.alive ? ExportResultCode.SUCCESS : ExportResultCode.FAILED })
    },
    shutdown: () => Promise.resolve(),
  }
  return Object.assign(receiver, { exporter })
}

const span = (name: string): ReadableSpan => ({ name }) as ReadableSpan
const open = (exporter: SpanExporter, sizeMax = 10) => new SpanQueue({ batch_max: 4, delay_ms: 60_000, exporter, retry_ms_max: 60_000, size_max: sizeMax })

describe('the queue of spans', () => {
  it('keeps a batch until its export has succeeded, in order, and loses none when the receiver comes back', async () => {
    const receiver = createReceiver()
    const queue = open(receiver.exporter)
    receiver.alive = false
    for (let i = 0; i < 6; i++) queue.onEnd(span(`s${i}`))
    await queue.forceFlush()
    expect(queue).toMatchObject({ dropped: 0, exported: 0, failures: 1, waiting: 6 })
    receiver.alive = true
    queue.onEnd(span('s6'))
    await queue.forceFlush()
    expect(receiver.taken).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6'])
    expect(queue).toMatchObject({ dropped: 0, exported: 7, waiting: 0 })
  })

  it('drops and counts what comes on top of its size', () => {
    const receiver = createReceiver()
    receiver.alive = false
    const queue = open(receiver.exporter, 3)
    for (let i = 0; i < 5; i++) queue.onEnd(span(`s${i}`))
    expect(queue).toMatchObject({ dropped: 2, full: true, waiting: 3 })
  })

  it('counts as dropped what a dead receiver leaves behind at the end, after asking it once', async () => {
    const receiver = createReceiver()
    receiver.alive = false
    const queue = open(receiver.exporter)
    for (let i = 0; i < 6; i++) queue.onEnd(span(`s${i}`))
    await queue.shutdown()
    expect(queue).toMatchObject({ dropped: 6, exported: 0, waiting: 0 })
    expect(receiver.asked).toBe(1)
    queue.onEnd(span('late'))
    expect(queue.dropped).toBe(7)
  })
})
