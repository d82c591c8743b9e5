import { AgentManifest } from '@syntropism/contract'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { Config, ENVIRONMENT } from '@syntropism/runtime'
import { z } from 'zod'
import type { Schema } from '../openapi.ts'
import { rowsOf } from './json-schema.ts'
import { code, page, table } from './markdown.ts'

const HEAD = ['name', 'value', 'default', 'meaning']
const schemaOf = (type: z.ZodType): Schema => z.toJSONSchema(type, { io: 'input', target: 'draft-2020-12' }) as Schema

/** The configuration file, the environment, the rules with their defaults, and the agent's manifest. */
export function configPage(): string {
  const rows = rowsOf(schemaOf(Config)).filter(([name]) => !name?.startsWith('`rules.') && name !== '`$schema`')
  return page(
    '# Configuration',
    'Written from the schemas that check it. `syntropism.config.json` in the folder where `syntropism live` starts; the environment goes over the file, flags go over both. A wrong name or value is refused with its path.',
    '## syntropism.config.json',
    table(HEAD, rows),
    '## Environment',
    table(
      ['variable', 'setting'],
      Object.entries(ENVIRONMENT).map(([variable, setting]) => [code(variable), code(setting)]),
    ),
    '## rules',
    'Members of `rules` replace single numbers of these; [Rules](./rules.md) says what they do. `syntropism operator rules` prints those of a running economy.',
    `\`\`\`json\n${JSON.stringify(DEFAULT_PARAMS, null, 2)}\n\`\`\``,
    '## agent.json',
    'The manifest of an agent, beside its program.',
    table(HEAD, rowsOf(schemaOf(AgentManifest))),
  )
}
