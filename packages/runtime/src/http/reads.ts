import { HostStopped } from '../host/index.ts'
import type { Gate } from './gate.ts'
import { type Problem, faultOf, problemOf } from './problem.ts'
import { type App, type Operation, type ServiceParts, carryOut, operationsIn } from './service.ts'

/** A request in plain words. */
export interface PlainRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly traceparent: string | undefined
}

export interface PlainAnswer {
  readonly status: number
  readonly content_type: string
  readonly text: string
}

/** Answers a read that needs nothing but its path; null for everything else, which the routes answer. */
export type Reads = (request: PlainRequest) => Promise<PlainAnswer> | null

interface Place {
  readonly operation: Operation
  readonly parts: readonly string[]
}

/** Longest parameter in a path; a longer one is refused by the routes. */
const PARAM_MAX = 64
const NEVER = new AbortController().signal

/** Parameters of a path that a place matches, or null. */
function paramsOf({ parts }: Place, asked: readonly string[]): Record<string, string> | null {
  if (parts.length !== asked.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const given = asked[index] as string
    if (!part.startsWith('{')) {
      if (part !== given) return null
    } else {
      if (given === '' || given.length > PARAM_MAX) return null
      params[part.slice(1, -1)] = given
    }
  }
  return params
}

const told = (status: number, content_type: string, value: object): PlainAnswer => ({ content_type, status, text: JSON.stringify(value) })
const toldProblem = ({ document, headers, status }: Problem): PlainAnswer => told(status, headers['content-type'] ?? 'application/json', document)

/**
 * Reads of a service for who carries requests without HTTP. They take the same gate and carry out the same operations as the routes, without building a
 * request and an answer of the web's form around a few bytes.
 */
export function openReads(app: App, parts: ServiceParts, gate: Gate): Reads {
  const places = operationsIn(app)
    .filter(({ method, query }) => method === 'get' && query === undefined)
    .map((operation): Place => ({ operation, parts: operation.path.split('/') }))
    .toSorted((one, other) => Number(one.operation.path.includes('{')) - Number(other.operation.path.includes('{')))
  const answer = async ({ operation }: Place, params: Record<string, string>, request: PlainRequest): Promise<PlainAnswer> => {
    const { authorization, path, traceparent } = request
    const principal = gate.enter(authorization)
    if ('code' in principal) return toldProblem(problemOf(path, principal.code, principal.detail))
    const asked = { body: undefined, idempotency_key: undefined, params, path, query: {}, signal: NEVER, traceparent }
    try {
      const carried = await carryOut(parts, operation, principal, asked)
      // No answer leaves that rests on what is not durable yet.
      await parts.host.settled(operation.rests_on)
      return 'problem' in carried ? toldProblem(carried.problem) : told(200, 'application/json', carried.answer)
    } catch (error) {
      return toldProblem(error instanceof HostStopped ? problemOf(path, 'unavailable', error.message) : faultOf(path, 'GET', error, parts.log, traceparent))
    }
  }
  return (request) => {
    // What has a query or is written with escapes is left to the routes.
    if (request.method !== 'GET' || /[?#%]/.test(request.path)) return null
    const asked = request.path.split('/')
    for (const place of places) {
      const params = paramsOf(place, asked)
      if (params !== null) return answer(place, params, request)
    }
    return null
  }
}
