// Throws generated input at the command decoder and at every operation of the service: `npm run fuzz -- --minutes 10 [--seed n]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { COMMANDS, CommandSchema } from '@syntropism/contract'
import { DEFAULT_PARAMS, canonicalJson } from '@syntropism/economy'
import fc from 'fast-check'
import { type FuzzedService, openFuzzedService } from '../tests/security/fuzzed-service.ts'

const { values: flags } = parseArgs({ options: { minutes: { default: '1', type: 'string' }, seed: { type: 'string' } } })
const minutes = Number(flags.minutes)
if (!(minutes > 0)) throw new Error(`--minutes ${flags.minutes} is no number above 0`)
const seed = flags.seed === undefined ? Date.now() % 2 ** 31 : Number(flags.seed)

const EDGES = [
  0,
  -0,
  -1,
  1,
  0.5,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  Number.NaN,
  Infinity,
  '',
  ' ',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  'a'.repeat(5000),
  null,
  true,
  [],
  {},
]
const anyValue = fc.oneof(
  { arbitrary: fc.constantFrom(...EDGES), weight: 3 },
  fc.anything({ maxDepth: 3 }),
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('a', 'agent-1', 'lease-1', 'bid-1', 'local'),
)

const CANDIDATES = [
  'a',
  1,
  1_000_000,
  true,
  null,
  [],
  {},
  'cpu',
  { cpu: 250_000, memory: 100_000 },
  DEFAULT_PARAMS,
  { interesting: 1, understandable: 2, useful: 3 },
  'balance_queried',
  'completed',
  [{ amount_micro: 1, purpose: 'x', to_agent_id: 'b' }],
]

/** Fields of a real command, each with a value that it accepts, where one is known. */
function validFields(type: string): Record<string, unknown> {
  const { shape } = COMMANDS[type as keyof typeof COMMANDS] as unknown as { shape: Record<string, { safeParse(value: unknown): { success: boolean } }> }
  return Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [name, name === 'type' ? type : CANDIDATES.find((one) => schema.safeParse(one).success)]),
  )
}

/** A real command in which some fields hold anything. */
const command = fc.constantFrom(...Object.keys(COMMANDS)).chain((type) => {
  const fields = validFields(type)
  return fc.dictionary(fc.constantFrom(...Object.keys(fields)), anyValue, { maxKeys: 2 }).map((changed) => ({ ...fields, ...changed }))
})

function decode(value: unknown): boolean {
  const first = CommandSchema.safeParse(value)
  if (!first.success) return false
  const text = canonicalJson(first.data as never)
  const again = canonicalJson(CommandSchema.parse(JSON.parse(text)) as never)
  if (again !== text) throw new Error(`decoding is not stable: ${text} became ${again}`)
  return true
}

async function fuzz(service: FuzzedService): Promise<Record<string, number>> {
  const counts: Record<string, number> = { accepted_by_decoder: 0, decoded: 0, requests: 0 }
  const count = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1)
  const input = fc.record({
    bytes: fc.uint8Array({ maxLength: 200 }),
    command: fc.oneof(command, anyValue),
    operation: fc.constantFrom(...service.operations),
    path_value: fc.oneof(fc.constantFrom('a', 'b', 'lease-1', 'transfer-1', '%00', '..', '%', ' '), fc.string()),
    query: fc.string(),
    raw: fc.boolean(),
    role: fc.constantFrom(...service.roles),
  })
  const property = fc.asyncProperty(input, async (one) => {
    count('decoded')
    if (decode(one.command)) count('accepted_by_decoder')
    count('requests')
    const status = await service.request(one.operation, one.role, one.path_value, one.query, one.raw ? one.bytes : jsonOf(one.command))
    count(`answered_${status}`)
    if (status >= 500) throw new Error(`${one.operation.method} ${one.operation.path} answered ${status}`)
  })
  await fc.assert(property, { interruptAfterTimeLimit: minutes * 60_000, numRuns: 1_000_000_000, seed })
  return counts
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    // Anything may be generated, also what JSON cannot say; such a body is malformed on purpose.
    return '{"unfinished":'
  }
}

const folder = mkdtempSync(join(tmpdir(), 'syntropism-fuzz-'))
const service = await openFuzzedService(folder, DEFAULT_PARAMS)
try {
  console.log(`seed ${seed}, ${minutes} minute(s)`)
  console.log(JSON.stringify(await fuzz(service)))
} finally {
  await service.close()
  rmSync(folder, { force: true, recursive: true })
}
