import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type JsonSchema, boundsOf, rowsOf, typeOf } from './json-schema.ts'
import { code, escaped, page, table } from './markdown.ts'

interface Operation {
  readonly description?: string
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean; readonly schema: JsonSchema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> }
  readonly responses: Readonly<Record<string, { readonly description: string }>>
  readonly summary?: string
  readonly tags?: readonly string[]
}
interface OpenApi {
  readonly components?: { readonly schemas?: Readonly<Record<string, JsonSchema>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const MAIN = resolve(import.meta.dirname, '../../packages/syntropism/bin/syntropism.js')

/** The document that a running service gives of itself. */
async function readOpenApi(): Promise<OpenApi> {
  const data = mkdtempSync(join(tmpdir(), 'syntropism-reference-'))
  const live: ChildProcess = spawn(
    process.execPath,
    [MAIN, 'live', '--data', data, '--port', '0', '--json', '--sandbox', 'node', '--strategies', 'market', '--scripted', '1'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    for await (const line of createInterface({ input: live.stdout as NodeJS.ReadableStream })) {
      const started = JSON.parse(line) as { tokens: { token: string }[]; url: string }
      const answer = await fetch(`${started.url}/openapi.json`, { headers: { authorization: `Bearer ${started.tokens[0]?.token ?? ''}` } })
      return (await answer.json()) as OpenApi
    }
    throw new Error('the service ended before it gave its document')
  } finally {
    const ended = once(live, 'exit')
    live.kill('SIGTERM')
    await ended
    rmSync(data, { force: true, recursive: true })
  }
}

const bodyOf = (operation: Operation, document: OpenApi): JsonSchema => {
  const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema ?? {}
  return schema.$ref === undefined ? schema : (document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''] ?? {})
}

function operationSection(path: string, method: string, operation: Operation, document: OpenApi): string {
  const parameters = (operation.parameters ?? []).filter((one) => one.in !== 'header')
  const body = bodyOf(operation, document)
  return page(
    `### ${code(`${method.toUpperCase()} ${path}`)}`,
    escaped([operation.summary, operation.description].filter((one) => one !== undefined).join('. ')),
    table(
      ['parameter', 'in', 'value'],
      parameters.map((one) => [code(one.name), one.in, [typeOf(one.schema), boundsOf(one.schema)].filter((part) => part !== '').join(' ')]),
    ),
    table(['body', 'value', '', 'meaning'], rowsOf(body)),
    `Answers ${Object.keys(operation.responses).join(' · ')}.`,
  ).trim()
}

/** The operations of the System Service, from the OpenAPI document of a running one. */
export async function httpPage(): Promise<string> {
  const document = await readOpenApi()
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, operation, path, tag: operation.tags?.[0] ?? 'other' })),
  )
  const answers = new Map(operations.flatMap(({ operation }) => Object.entries(operation.responses).map(([status, answer]) => [status, answer.description])))
  return page(
    '# HTTP',
    'Written from the OpenAPI document of a running service (`/openapi.json`; `/docs` shows it). Every request but `/health` carries `authorization: Bearer <token>`. Refusals are problem documents (RFC 9457) with a `code`, a `detail` and what would be right.',
    table(
      ['answer', 'says'],
      [...answers].toSorted(([one], [other]) => Number(one) - Number(other)).map(([status, says]) => [status, escaped(says)]),
    ),
    ...[...Map.groupBy(operations, ({ tag }) => tag)].flatMap(([tag, members]) => [
      `## ${tag}`,
      ...members.map(({ method, operation, path }) => operationSection(path, method, operation, document)),
    ]),
  )
}
