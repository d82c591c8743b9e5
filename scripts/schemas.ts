// Writes the JSON Schemas that are published: the agent manifest, the configuration, the events and the benchmark's items.
import { readFileSync, writeFileSync } from 'node:fs'
import { ScenarioSchema } from '@syntropism/benchmark'
import { AgentManifest, Book, EVENTS, EVENT_MEANINGS, EventEnvelope } from '@syntropism/contract'
import { Config } from '@syntropism/runtime'
import { z } from 'zod'

const TITLE = 'https://json-schema.org/draft/2020-12/schema'
const schema = (type: z.ZodType): unknown => z.toJSONSchema(type, { io: 'input', target: 'draft-2020-12' })

export const SCHEMAS: Readonly<Record<string, unknown>> = {
  'agent.schema.json': schema(AgentManifest),
  'book.schema.json': schema(Book),
  'config.schema.json': schema(Config),
  'events.schema.json': {
    $schema: TITLE,
    envelope: schema(EventEnvelope),
    events: Object.fromEntries(
      Object.entries(EVENTS).map(([type, event]) => [
        type,
        { data: schema(event.data), house: event.house, meaning: EVENT_MEANINGS[type as keyof typeof EVENTS], source: event.source, subject: event.subject },
      ]),
    ),
  },
  'scenario.schema.json': schema(ScenarioSchema),
}

const folder = new URL('../packages/contract/schemas/', import.meta.url)
/** Names of published files that are not what the sources say. */
export const staleSchemas = (): string[] =>
  Object.entries(SCHEMAS).flatMap(([name, content]) => (readFileSync(new URL(name, folder), 'utf8') === `${JSON.stringify(content, null, 2)}\n` ? [] : [name]))

if (import.meta.main) for (const [name, content] of Object.entries(SCHEMAS)) writeFileSync(new URL(name, folder), `${JSON.stringify(content, null, 2)}\n`)
