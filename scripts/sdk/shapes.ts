import { type Document, type Schema, nameOf } from '../openapi.ts'
import type { AgentOperation } from './operations.ts'
import { METHODS, capital } from './methods.ts'

/** A shape of the document: its name and its schema. */
export interface Shape {
  readonly name: string
  readonly schema: Schema
}

const within = (schema: Schema): Schema[] => [
  ...Object.values(schema.properties ?? {}),
  ...(schema.items === undefined ? [] : [schema.items]),
  ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
  ...(schema.anyOf ?? []),
  ...(schema.oneOf ?? []),
  ...(schema.allOf ?? []),
]

function collect(schema: Schema, document: Document, found: Set<string>): void {
  if (schema.$ref !== undefined) {
    const name = nameOf(schema.$ref)
    if (found.has(name)) return
    found.add(name)
    const target = document.components.schemas[name]
    if (target === undefined) throw new Error(`the document names ${name} and does not describe it`)
    collect(target, document, found)
  }
  for (const one of within(schema)) collect(one, document, found)
}

/** Name of what an operation takes as its body. */
export const requestName = (operation: AgentOperation): string => `${capital(METHODS[operation.id]?.name ?? operation.id)}Request`

/** The named shapes that the operations speak of, sorted; `requests` are the bodies. */
export function shapesOf(document: Document, operations: readonly AgentOperation[]): { readonly named: Shape[]; readonly requests: Shape[] } {
  const found = new Set<string>()
  for (const { answer, body } of operations) for (const schema of [answer, body ?? {}]) collect(schema, document, found)
  return {
    named: [...found].toSorted().map((name) => ({ name, schema: document.components.schemas[name] as Schema })),
    requests: operations.flatMap((one) => (one.body === null ? [] : [{ name: requestName(one), schema: one.body }])),
  }
}

/** The schemas a value may have, without null, and whether null is one of them. */
export function alternatives(schema: Schema): { readonly nullable: boolean; readonly of: readonly Schema[] } {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return { nullable: choices.some((one) => one.type === 'null'), of: choices.filter((one) => one.type !== 'null') }
  if (Array.isArray(schema.type)) {
    const types = (schema.type as readonly string[]).filter((one) => one !== 'null')
    return { nullable: types.length < schema.type.length, of: types.map((type) => ({ ...schema, type })) }
  }
  return { nullable: false, of: [schema] }
}
