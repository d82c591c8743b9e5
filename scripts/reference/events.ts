import { EVENTS, EVENT_MEANINGS, EventEnvelope, subjectOf } from '@syntropism/contract'
import { z } from 'zod'
import type { Schema } from '../openapi.ts'
import { rowsOf } from './json-schema.ts'
import { code, page, table } from './markdown.ts'

const schemaOf = (type: z.ZodType): Schema => z.toJSONSchema(type, { io: 'input', target: 'draft-2020-12' }) as Schema
const fields = (schema: Schema): string =>
  table(
    ['field', 'value', '', 'meaning'],
    rowsOf(schema).map(([name = '', type = '', usual = '', meaning = '']) => [name, type, usual === 'required' ? '' : 'may be left out', meaning]),
  )

/** Every event: who speaks, its subject on NATS, its data. */
export function eventsPage(): string {
  const domains = Map.groupBy(Object.keys(EVENTS) as (keyof typeof EVENTS)[], (type) => EVENTS[type].subject.split('.')[0] ?? '')
  return page(
    '# Events',
    'Written from the schemas that check them. Everything that happens is one of these, in the journal, on the bus, in the console and in traces. A type with a circle (○) is the project’s own addition to the taxonomy of its design.',
    '## Envelope',
    fields(schemaOf(EventEnvelope)),
    ...[...domains].flatMap(([domain, types]) => [
      `## ${domain}`,
      ...types.map((type) => {
        const event = EVENTS[type]
        return page(
          `### ${type}${event.house ? ' ○' : ''}`,
          EVENT_MEANINGS[type],
          `Source ${code(event.source)}, subject ${code(subjectOf('<economy_id>', type))}.`,
          fields(schemaOf(event.data)),
        ).trim()
      }),
    ]),
  )
}
