import { type Document, type Schema, nameOf } from '../openapi.ts'
import type { AgentOperation } from './operations.ts'
import { METHODS, snake } from './methods.ts'
import { type Shape, alternatives, requestName, shapesOf } from './shapes.ts'

const HEAD = '# Written by "npm run sdk" from the OpenAPI document of the System Service. Do not edit.'

/** Whether a type stands in what is sent (any mapping or sequence will do) or in what comes back. */
type Side = 'sent' | 'answered'

function typeOf(schema: Schema, side: Side): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref)
  const { nullable, of } = alternatives(schema)
  return [...of.map((one) => plainType(one, side)), ...(nullable ? ['None'] : [])].join(' | ')
}

function plainType(schema: Schema, side: Side): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref)
  if (schema.enum !== undefined) return `Literal[${schema.enum.map((one) => JSON.stringify(one)).join(', ')}]`
  switch (schema.type) {
    case 'integer':
      return 'int'
    case 'number':
      return 'float'
    case 'string':
      return 'str'
    case 'boolean':
      return 'bool'
    case 'array':
      return `${side === 'sent' ? 'Sequence' : 'list'}[${typeOf(schema.items ?? {}, side)}]`
    case 'object':
      return `${side === 'sent' ? 'Mapping' : 'dict'}[str, ${typeof schema.additionalProperties === 'object' ? typeOf(schema.additionalProperties, side) : 'Any'}]`
    default:
      return 'Any'
  }
}

/** Objects inside a shape become shapes of their own, named after the member that holds them. */
function nestedIn({ name, schema }: Shape): { readonly nested: readonly Shape[]; readonly shape: Shape } {
  const nested: Shape[] = []
  const lift = (one: Schema, path: string): Schema => {
    if (one.items !== undefined) return { ...one, items: lift(one.items, path) }
    if (one.anyOf !== undefined) return { ...one, anyOf: one.anyOf.map((choice) => lift(choice, path)) }
    if (one.properties === undefined)
      return typeof one.additionalProperties === 'object' ? { ...one, additionalProperties: lift(one.additionalProperties, path) } : one
    const inner = nestedIn({ name: path, schema: one })
    nested.push(...inner.nested, inner.shape)
    const lifted = { $ref: `#/components/schemas/${path}` }
    return alternatives(one).nullable ? { anyOf: [lifted, { type: 'null' }] } : lifted
  }
  const word = (key: string): string =>
    key
      .split('_')
      .map((part) => `${part[0]?.toUpperCase() ?? ''}${part.slice(1)}`)
      .join('')
  const properties = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, one]) => [key, lift(one, `${name}${word(key)}`)]))
  return { nested, shape: { name, schema: schema.properties === undefined ? schema : { ...schema, properties } } }
}

function typedDict({ name, schema }: Shape, side: Side): string {
  const required = schema.required ?? []
  const lines = Object.entries(schema.properties ?? {}).map(([key, one]) => {
    const type = typeOf(one, side)
    return `    ${key}: ${required.includes(key) ? type : `NotRequired[${type}]`}`
  })
  return `class ${name}(TypedDict):\n${schema.description === undefined ? '' : `    """${schema.description}"""\n\n`}${lines.join('\n')}`
}

/** The shapes of the document as typed dictionaries. */
export function pythonShapes(document: Document, operations: readonly AgentOperation[]): string {
  const { named, requests } = shapesOf(document, operations)
  const all = [...named.map((shape) => ({ shape, side: 'answered' as const })), ...requests.map((shape) => ({ shape, side: 'sent' as const }))].flatMap(
    ({ shape, side }) => {
      const { nested, shape: outer } = nestedIn(shape)
      return [...nested, outer].map((one) => ({ shape: one, side }))
    },
  )
  return `${HEAD}
"""Shapes of what the System Service takes and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict


${all.map(({ shape, side }) => typedDict(shape, side)).join('\n\n\n')}
`
}

interface Parameter {
  readonly key: string
  readonly optional: boolean
  readonly nullable: boolean
  readonly type: string
}

const shapeNames = (text: string): string[] => [...text.matchAll(/^class (\w+)\(TypedDict\)/gm)].map((match) => match[1] as string)

function parametersOf(operation: AgentOperation, request: Shape | undefined): Parameter[] {
  const body = request?.schema.properties ?? {}
  const required = request?.schema.required ?? []
  const fields = Object.entries(body).map(([key, schema]) => ({
    key,
    nullable: alternatives(schema).nullable,
    optional: !required.includes(key),
    type: typeOf(schema, 'sent'),
  }))
  // What is read from text takes null too, and nobody means that.
  const query = operation.query.map(({ name, required: isRequired, schema }) => ({
    key: name,
    nullable: false,
    optional: !isRequired,
    type: typeOf(schema, 'sent').replace(' | None', ''),
  }))
  return [...fields, ...query].toSorted((one, other) => Number(one.optional) - Number(other.optional))
}

function methodOf(operation: AgentOperation, request: Shape | undefined, kind: 'async' | 'sync'): string {
  const method = METHODS[operation.id]
  if (method === undefined) throw new Error(`scripts/sdk/methods.ts has no name for the operation ${operation.id}`)
  const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)
  const parameters = parametersOf(operation, request)
  const shown = ({ key, nullable, optional, type }: Parameter): string => {
    if (!optional) return `${key}: ${type}`
    return nullable || type === 'Any' ? `${key}: ${type} | Unset = UNSET` : `${key}: ${type} | None = None`
  }
  const signature = ['self', ...inPath.map((name) => `${name}: str`), ...(parameters.length === 0 ? [] : ['*']), ...parameters.map(shown)]
  const listed = method.list === undefined ? operation.answer : operation.answer.properties?.[method.list]
  if (listed === undefined) throw new Error(`the answer of ${operation.id} has no member ${method.list}`)
  const answered = typeOf(listed, 'answered')
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `{segment(${name})}`)
  const given = (keys: readonly { readonly key: string }[]): string => `{${keys.map(({ key }) => `"${key}": ${key}`).join(', ')}}`
  const inQuery = new Set(operation.query.map(({ name }) => name))
  const fields = parameters.filter(({ key }) => !inQuery.has(key))
  const sendsNull = fields.filter(({ nullable, type }) => nullable || type === 'Any').map(({ key }) => `"${key}"`)
  const args = [
    `"${operation.method}"`,
    `${inPath.length > 0 ? 'f' : ''}"${path}"`,
    ...(inQuery.size > 0 ? [`query=${given(parameters.filter(({ key }) => inQuery.has(key)))}`] : []),
    ...(operation.body === null ? [] : [`body=${given(fields)}`]),
    ...(sendsNull.length > 0 ? [`null=(${sendsNull.join(', ')},)`] : []),
  ]
  const call = `${kind === 'async' ? 'await ' : ''}self._call(${args.join(', ')})`
  return `    ${kind === 'async' ? 'async ' : ''}def ${snake(method.name)}(${signature.join(', ')}) -> ${answered}:
        """${operation.summary}"""
        return cast("${answered.replaceAll('"', "'")}", ${method.list === undefined ? call : `(${call})["${method.list}"]`})`
}

/** The methods of a client, one of each operation. */
export function pythonMethods(document: Document, operations: readonly AgentOperation[], kind: 'async' | 'sync'): string {
  const known = shapeNames(pythonShapes(document, operations))
  const { requests } = shapesOf(document, operations)
  const lifted = new Map(requests.map((shape) => [shape.name, nestedIn(shape).shape]))
  const resolved = operations.map((one) => ({ ...one, answer: resolve(document, one) }))
  const methods = resolved.map((one) => methodOf(one, lifted.get(requestName(one)), kind)).join('\n\n')
  const used = known.filter((name) => new RegExp(`\\b${name}\\b`).test(methods))
  const title = kind === 'async' ? 'AsyncOperations' : 'Operations'
  const uses = (word: string): boolean => new RegExp(`\\b${word}\\b`).test(methods)
  const fromTyping = ['Any', 'Literal', 'cast'].filter((word) => word === 'Any' || uses(word))
  const fromCollections = ['Mapping', 'Sequence'].filter(uses)
  return `${HEAD}
"""Every operation that an agent may call${kind === 'async' ? ', awaited' : ''}."""

from __future__ import annotations

from collections.abc import ${['Mapping', ...fromCollections.filter((one) => one !== 'Mapping')].join(', ')}
from typing import ${['TYPE_CHECKING', ...fromTyping].join(', ')}

from ._values import UNSET, Unset, segment

if TYPE_CHECKING:
    from .shapes import (
${used.map((name) => `        ${name},`).join('\n')}
    )


class ${title}:
    """The operations; a client says how a call is made."""

    ${kind === 'async' ? 'async ' : ''}def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        null: tuple[str, ...] = (),
    ) -> Any:
        raise NotImplementedError

${methods}
`
}

/** An answer's schema where its members are seen: the one behind a name, when a list of it is given back. */
function resolve(document: Document, operation: AgentOperation): Schema {
  const { answer, id } = operation
  return METHODS[id]?.list !== undefined && answer.$ref !== undefined ? (document.components.schemas[nameOf(answer.$ref)] ?? answer) : answer
}
