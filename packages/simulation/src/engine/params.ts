import { UsageError, shown } from './errors.ts'

interface NumberSpec {
  readonly kind: 'integer' | 'number'
  readonly default: number
  readonly min: number
  readonly max: number
  /** What it is, with its unit. */
  readonly description: string
}

interface ChoiceSpec {
  readonly kind: 'choice'
  readonly default: string
  readonly choices: readonly string[]
  readonly description: string
}

export type ParamSpec = NumberSpec | ChoiceSpec
export type ParamTable = Readonly<Record<string, ParamSpec>>
export type ParamValues = Readonly<Record<string, number | string>>

function read(name: string, spec: ParamSpec, value: unknown): number | string {
  if (spec.kind === 'choice') {
    if (!spec.choices.includes(value as string)) throw new UsageError(`parameter ${name} is one of ${spec.choices.join(', ')}, not ${shown(value)}`)
    return value as string
  }
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  const what = spec.kind === 'integer' ? 'a whole number' : 'a number'
  if (typeof number !== 'number' || !Number.isFinite(number) || (spec.kind === 'integer' && !Number.isSafeInteger(number)))
    throw new UsageError(`parameter ${name} is ${what} from ${spec.min} to ${spec.max}, not ${shown(value)}`)
  if (number < spec.min || number > spec.max) throw new UsageError(`parameter ${name} is ${what} from ${spec.min} to ${spec.max}, not ${number}`)
  return number
}

/** Values of every parameter of a table, defaults filled in, in the table's order. Throws UsageError naming what is wrong and what would be right. */
export function readParams(table: ParamTable, given: Readonly<Record<string, unknown>>): ParamValues {
  for (const name of Object.keys(given))
    if (table[name] === undefined) throw new UsageError(`there is no parameter ${shown(name)}; there are: ${Object.keys(table).join(', ') || 'none'}`)
  return Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, read(name, spec, given[name] ?? spec.default)]))
}

/** The table as JSON Schema, for documents and forms. */
export function paramSchema(table: ParamTable): object {
  const properties = Object.entries(table).map(([name, spec]) => [
    name,
    spec.kind === 'choice'
      ? { default: spec.default, description: spec.description, enum: spec.choices }
      : { default: spec.default, description: spec.description, maximum: spec.max, minimum: spec.min, type: spec.kind },
  ])
  return { additionalProperties: false, properties: Object.fromEntries(properties), type: 'object' }
}
