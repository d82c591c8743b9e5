import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { StoredSpan } from './check.ts'

/** Spans that cannot be read: says where and why. */
export class SpansUnreadable extends Error {
  override readonly name = 'SpansUnreadable'
}

const Value = z.object({
  arrayValue: z.object({ values: z.array(z.object({ stringValue: z.string().optional() })).default([]) }).optional(),
  boolValue: z.boolean().optional(),
})
const Line = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              attributes: z.array(z.object({ key: z.string(), value: Value })).default([]),
              name: z.string(),
              parentSpanId: z.string().optional(),
              spanId: z.string(),
              traceId: z.string(),
            }),
          ),
        }),
      ),
    }),
  ),
})

/** Spans of a file of OTLP JSON lines, as `SYNTROPISM_TRACE_FILE` and the Collector's file exporter write it. */
export async function readSpansFile(path: string): Promise<StoredSpan[]> {
  const found: StoredSpan[] = []
  let number = 0
  for await (const text of createInterface({ input: createReadStream(path) })) {
    number += 1
    if (text.trim() === '') continue
    const line = Line.safeParse(JSON.parse(text))
    if (!line.success) throw new SpansUnreadable(`${path} line ${number} is no OTLP JSON of spans:\n${z.prettifyError(line.error)}`)
    for (const span of line.data.resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans))) {
      const value = (key: string) => span.attributes.find((attribute) => attribute.key === key)?.value
      found.push({
        event_ids: value('syntropism.event_ids')?.arrayValue?.values.map((one) => one.stringValue ?? '') ?? null,
        foreign_parent: value('syntropism.foreign_parent')?.boolValue === true,
        name: span.name,
        parent_id: span.parentSpanId === undefined || span.parentSpanId === '' ? null : span.parentSpanId,
        span_id: span.spanId,
        trace_id: span.traceId,
      })
    }
  }
  return found
}

const Page = z.object({
  data: z.array(
    z.object({
      attributes: z.record(z.string(), z.unknown()),
      context: z.object({ span_id: z.string(), trace_id: z.string() }),
      name: z.string(),
      parent_id: z.string().nullable(),
    }),
  ),
  next_cursor: z.string().nullable(),
})
const PAGE_MAX = 1000

/** Spans that Phoenix holds of one project. A project that it does not know yet has none. */
export async function readPhoenixSpans(url: string, project: string): Promise<StoredSpan[]> {
  const found: StoredSpan[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = `limit=${PAGE_MAX}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const answer = await fetch(`${url}/v1/projects/${encodeURIComponent(project)}/spans?${query}`)
    if (answer.status === 404) return []
    if (!answer.ok) throw new SpansUnreadable(`${url} answered ${answer.status} for the spans of ${project}`)
    const page = Page.parse(await answer.json())
    for (const span of page.data) {
      const ids = span.attributes['syntropism.event_ids']
      found.push({
        event_ids: Array.isArray(ids) ? ids.map(String) : null,
        foreign_parent: span.attributes['syntropism.foreign_parent'] === true,
        name: span.name,
        parent_id: span.parent_id,
        span_id: span.context.span_id,
        trace_id: span.context.trace_id,
      })
    }
    cursor = page.next_cursor
  }
  return found
}
