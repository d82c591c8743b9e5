import { type Document, type Schema, nameOf } from '../openapi.ts'
import type { AgentOperation } from './operations.ts'
import { type Shape, alternatives, shapesOf } from './shapes.ts'

const literal = (value: unknown): string => `'${String(value)}'`

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref)
  const { nullable, of } = alternatives(schema)
  return [...of.map(plainType), ...(nullable ? ['null'] : [])].join(' | ')
}

function plainType(schema: Schema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref)
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ')
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 'number'
    case 'string':
      return 'string'
    case 'boolean':
      return 'boolean'
    case 'array': {
      const item = typeOf(schema.items ?? {})
      return item.includes('|') ? `readonly (${item})[]` : `readonly ${item}[]`
    }
    case 'object':
      return objectType(schema)
    default:
      return 'Json'
  }
}

const member = (name: string, schema: Schema, required: readonly string[]): string =>
  `readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}${required.includes(name) ? '' : ' | undefined'}`

function objectType(schema: Schema): string {
  const { additionalProperties: more, properties, required = [] } = schema
  if (properties === undefined) {
    const value = typeof more === 'object' ? typeOf(more) : 'Json'
    return value === 'Json' ? 'Body' : `{ readonly [key: string]: ${value} }`
  }
  return `{ ${Object.entries(properties)
    .map(([name, one]) => member(name, one, required))
    .join('; ')} }`
}

function declaration({ name, schema }: Shape): string {
  const { properties, required = [] } = schema
  const note = schema.description === undefined ? '' : `/** ${schema.description} */\n`
  if (properties === undefined) return `${note}export type ${name} = ${typeOf(schema)}`
  const lines = Object.entries(properties).map(
    ([key, one]) =>
      `${one.description === undefined || one.description === 'any JSON value' ? '' : `  /** ${one.description} */\n`}  ${member(key, one, required)}`,
  )
  return `${note}export interface ${name} {\n${lines.join('\n')}\n}`
}

/** The shapes of the document as TypeScript. */
export function typescriptShapes(document: Document, operations: readonly AgentOperation[]): string {
  const { named, requests } = shapesOf(document, operations)
  return `// Written by "npm run sdk" from the OpenAPI document of the System Service. Do not edit.

/** A value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }
export type Body = { readonly [key: string]: Json | undefined }

${[...named, ...requests].map(declaration).join('\n')}
`
}
