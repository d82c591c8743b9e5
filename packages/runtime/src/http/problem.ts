import { REFUSALS, type Refusal } from '@syntropism/contract'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** Problems of the transport, beside the economy's refusals. */
const TRANSPORT = {
  body_too_large: [413, 'The request body is larger than allowed.'],
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
export type ProblemCode = keyof typeof TRANSPORT | keyof typeof REFUSALS

/** Stable address of an error's type; it resolves to the reference page of this service. */
export const problemType = (code: string): string => `/docs#problem-${code}`

const meaningOf = (code: ProblemCode): readonly [status: number, title: string] =>
  code in TRANSPORT ? TRANSPORT[code as keyof typeof TRANSPORT] : REFUSALS[code as keyof typeof REFUSALS]

/** A problem document outside a request's context. */
export function problemResponse(code: ProblemCode, detail: string): Response {
  const [status, title] = meaningOf(code)
  return Response.json({ code, detail, status, title, type: problemType(code) }, { headers: { 'content-type': 'application/problem+json' }, status })
}

/** RFC 9457 problem document. */
export function problem(context: Context, code: ProblemCode, detail: string, extra: Readonly<Record<string, unknown>> = {}): Response {
  const [status, title] = meaningOf(code)
  return context.json({ ...extra, code, detail, status, title, type: problemType(code) }, status as ContentfulStatusCode, {
    'content-type': 'application/problem+json',
  })
}

/** A refusal with its figures as a sentence and as members. */
export const refused = (context: Context, refusal: Refusal): Response =>
  problem(context, refusal.code, `${REFUSALS[refusal.code][1]}${Object.keys(refusal.detail).length > 0 ? ` ${JSON.stringify(refusal.detail)}` : ''}`, {
    figures: refusal.detail,
  })

export const allProblems = (): { code: string; status: number; title: string }[] =>
  Object.entries({ ...TRANSPORT, ...REFUSALS }).map(([code, [status, title]]) => ({ code, status, title }))
