import { REFUSALS, type Refusal } from '@syntropism/contract'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Log } from '../log/index.ts'
import { GATEWAY_REFUSALS, type Refused } from '../refusal/index.ts'

/** Problems of the transport, beside the economy's refusals. */
const TRANSPORT = {
  body_too_large: [413, 'The request body is larger than allowed.'],
  csrf_refused: [403, 'A request with a session shows the header X-CSRF-Token and comes from the same site.'],
  credentials_missing: [401, 'Send "Authorization: Bearer <token>".'],
  credentials_unknown: [401, 'The token is unknown, or the execution it belonged to has ended.'],
  internal_error: [500, 'The service failed; the command may not have happened. Try again with the same Idempotency-Key.'],
  media_type_wrong: [415, 'Send the body as application/json.'],
  method_wrong: [405, 'This address has no such method; the header Allow names those it has.'],
  malformed_json: [400, 'The body is no JSON.'],
  not_found: [404, 'There is no such address.'],
  rate_limited: [429, 'Too many requests for this token.'],
  reply_too_large: [413, 'The answer is larger than the way to you carries; ask for less, with limit.'],
  role_forbidden: [403, 'The token does not allow this.'],
  unavailable: [503, 'The economy has stopped; try again with the same Idempotency-Key after its restart.'],
} as const
export type ProblemCode = keyof typeof TRANSPORT | Refused['code']

const CODES: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = { ...TRANSPORT, ...REFUSALS, ...GATEWAY_REFUSALS }

/** Stable address of an error's type; it resolves to the reference page of this service. */
const problemType = (code: string): string => `/docs#problem-${code}`

/** A problem document outside a request's context. */
export function problemResponse(code: ProblemCode, detail: string): Response {
  const [status, title] = CODES[code]
  return Response.json({ code, detail, status, title, type: problemType(code) }, { headers: { 'content-type': 'application/problem+json' }, status })
}

/** An answer that says no: its status, what it adds to the headers, and its document. */
export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly document: object
}

/** RFC 9457 problem document for a request of this path. */
export function problemOf(path: string, code: ProblemCode, detail: string, extra: Readonly<Record<string, unknown>> = {}): Problem {
  const [status, title] = CODES[code]
  // OpenAI's clients read the member `error`.
  const error = path.startsWith('/v1/')
    ? { error: { code, message: detail, param: null, type: status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error' } }
    : {}
  return {
    document: { ...extra, ...error, code, detail, status, title, type: problemType(code) },
    headers: { 'content-type': 'application/problem+json' },
    status,
  }
}

/** A refusal, of the economy or of a gateway, with its figures as a sentence and as members; one that time heals says how long to wait. */
export function refusalOf(path: string, code: ProblemCode, figures: Refusal['detail']): Problem {
  const told = problemOf(path, code, `${CODES[code][1]}${Object.keys(figures).length > 0 ? ` ${JSON.stringify(figures)}` : ''}`, { figures })
  const wait = figures.retry_after_ms
  if (typeof wait !== 'number') return told
  return { ...told, headers: { ...told.headers, 'retry-after': String(Math.ceil(wait / 1000)), 'retry-after-ms': String(wait) } }
}

/** What an error that nobody expected is answered with; a fault of the service is logged. */
export function faultOf(path: string, method: string, error: unknown, log: Log | undefined, traceparent: string | undefined): Problem {
  if (error instanceof SyntaxError || (error instanceof HTTPException && error.status === 400)) return problemOf(path, 'malformed_json', error.message)
  if (error instanceof HTTPException && error.status === 415) return problemOf(path, 'media_type_wrong', 'The body came without a media type.')
  // Who hangs up in the middle of a body is told so, where anybody still listens; it is no fault of the service.
  if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET' && error.message === 'aborted')
    return problemOf(path, 'malformed_json', 'The body ended early.')
  const fields = { error, method, path, stack: error instanceof Error ? (error.stack ?? '') : '' }
  if (log === undefined) console.error(fields)
  else log.error('an operation failed', fields, traceparent)
  return problemOf(path, 'internal_error', 'An unexpected error; see the log of the service.')
}

export const answerProblem = (context: Context, { document, headers, status }: Problem): Response =>
  context.json(document, status as ContentfulStatusCode, { ...headers })

export const problem = (context: Context, code: ProblemCode, detail: string, extra: Readonly<Record<string, unknown>> = {}): Response =>
  answerProblem(context, problemOf(context.req.path, code, detail, extra))

export const refused = (context: Context, code: ProblemCode, figures: Refusal['detail']): Response =>
  answerProblem(context, refusalOf(context.req.path, code, figures))

export const allProblems = (): { code: string; status: number; title: string }[] =>
  Object.entries(CODES).map(([code, [status, title]]) => ({ code, status, title }))
