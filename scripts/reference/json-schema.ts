import { type Schema, nameOf } from '../openapi.ts'
import { code, escaped } from './markdown.ts'

const SAFE = Number.MAX_SAFE_INTEGER
const bounds = (low: number | undefined, high: number | undefined, unit = ''): string => {
  const least = low === undefined || low <= -SAFE ? '' : `≥ ${low}`
  const most = high === undefined || high >= SAFE ? '' : `≤ ${high}`
  return [least, most].filter((one) => one !== '').join(', ') + (least === '' && most === '' ? '' : unit)
}

/** A short name of a schema's type, for a table's cell. */
export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref)
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  if (schema.enum !== undefined) return schema.enum.map((one) => code(JSON.stringify(one))).join(' or ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' or ')
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(' and ')
  if (Array.isArray(schema.type)) return schema.type.join(' or ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  if (schema.type === 'object') return typeof schema.additionalProperties === 'object' ? `map to ${typeOf(schema.additionalProperties)}` : 'object'
  return (schema.type as string | undefined) ?? 'any'
}

/** The bounds of a value, for a table's cell. */
export function boundsOf(schema: Schema): string {
  if (schema.type === 'string') return bounds(schema.minLength, schema.maxLength, ' characters')
  if (schema.type === 'array') return bounds(schema.minItems, schema.maxItems, ' entries')
  return bounds(schema.minimum, schema.maximum)
}

/** A row for each property, and for those of objects below it, with its path: name, type and bounds, default, meaning. */
export function rowsOf(schema: Schema, path = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const here = `${path}${name}`
    const inner =
      property.properties !== undefined
        ? rowsOf(property, `${here}.`)
        : property.items?.properties !== undefined
          ? rowsOf(property.items, `${here}[].`)
          : typeof property.additionalProperties === 'object' && property.additionalProperties.properties !== undefined
            ? rowsOf(property.additionalProperties, `${here}.<name>.`)
            : []
    const limit = boundsOf(property)
    const usual = property.default === undefined ? (schema.required?.includes(name) === true ? 'required' : '') : JSON.stringify(property.default)
    const shown = usual === 'required' || usual === '' ? usual : usual.length > 40 ? 'see below it' : code(usual)
    return [[code(here), `${typeOf(property)}${limit === '' ? '' : ` ${limit}`}`, shown, escaped(property.description ?? '')], ...inner]
  })
}
