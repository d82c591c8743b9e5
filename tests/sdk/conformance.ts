import { alternatives } from '../../scripts/sdk/shapes.ts'
import { type Document, type Schema, nameOf } from '../../scripts/openapi.ts'

const kindOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

/** Where a value is not what a schema says, both ways: also a member that the schema does not know. Empty when it fits. */
export function mismatches(value: unknown, schema: Schema, document: Document, at = 'answer'): string[] {
  if (schema.$ref !== undefined) return mismatches(value, document.components.schemas[nameOf(schema.$ref)] ?? {}, document, at)
  const { nullable, of } = alternatives(schema)
  if (value === null && nullable) return []
  if (of.length > 1) {
    const tries = of.map((one) => mismatches(value, one, document, at))
    return tries.find((found) => found.length === 0) ?? tries.flat()
  }
  const [plain = {}] = of
  if (plain.$ref !== undefined) return mismatches(value, plain, document, at)
  const kind = kindOf(value)
  const wanted = plain.enum === undefined ? plain.type : 'string'
  if (wanted !== undefined && kind !== wanted && !(wanted === 'number' && kind === 'integer')) return [`${at} is ${kind}, not ${String(wanted)}`]
  if (plain.enum !== undefined && !plain.enum.includes(value as string)) return [`${at} is ${JSON.stringify(value)}, not one of ${plain.enum.join(', ')}`]
  if (kind === 'array') return (value as unknown[]).flatMap((one, index) => mismatches(one, plain.items ?? {}, document, `${at}[${index}]`))
  return plain.type === 'object' ? membersOf(value as Readonly<Record<string, unknown>>, plain, document, at) : []
}

function membersOf(value: Readonly<Record<string, unknown>>, schema: Schema, document: Document, at: string): string[] {
  const { additionalProperties: more, properties = {}, required = [] } = schema
  const missing = required.filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`)
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const known = properties[name] ?? (typeof more === 'object' ? more : undefined)
    return known === undefined ? [`${at}.${name} is not in the document`] : mismatches(one, known, document, `${at}.${name}`)
  })
  return [...missing, ...wrong]
}
