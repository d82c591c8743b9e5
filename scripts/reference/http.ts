import { type Document, type Operation, type Schema, nameOf, openApiDocument } from '../openapi.ts'
import { boundsOf, rowsOf, typeOf } from './json-schema.ts'
import { code, escaped, page, table } from './markdown.ts'

const bodyOf = (operation: Operation, document: Document): Schema => {
  const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema ?? {}
  return schema.$ref === undefined ? schema : (document.components.schemas[nameOf(schema.$ref)] ?? {})
}

function operationSection(path: string, method: string, operation: Operation, document: Document): string {
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
  const document = await openApiDocument()
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, operation, path, tag: operation.tags?.[0] ?? 'other' })),
  )
  const answers = new Map(operations.flatMap(({ operation }) => Object.entries(operation.responses).map(([status, answer]) => [status, answer.description])))
  return page(
    '# HTTP',
    'Written from the OpenAPI document of a service that offers everything (a running one gives its own at `/openapi.json`, and shows it at `/docs`). Every request but `/health` carries `authorization: Bearer <token>`. Refusals are problem documents (RFC 9457) with a `code`, a `detail` and what would be right.',
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
