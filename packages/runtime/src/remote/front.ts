import { type Msg, NoRespondersError, TimeoutError, type NatsConnection } from '@nats-io/transport-node'
import { HEADER, headerOf, payloadMax, subjects } from '../bus/nats/index.ts'
import { problemResponse } from '../http/index.ts'
import { reasonOf } from '../ports/index.ts'
import { type Carried, HEADER_BYTES, messageToResponse, requestToMessage, responseToMessage, statusOf } from './carry.ts'
import { type Hop, childOf } from './trace.ts'

export interface FrontOptions {
  readonly connection: NatsConnection
  readonly economy_id: string
  /** Longest wait for the engine. */
  readonly timeout_ms?: number
  /** Told of every call that was passed on: where spans are made of it. Without it a call's context goes on as it came, so that no span has a parent that nobody keeps. */
  onHop?(hop: Hop): void
}

const TIMEOUT_MS = 10_000

/** NATS says that nobody listens in one of two ways, depending on how the request was sent. */
const isNobody = (error: unknown): boolean =>
  error instanceof NoRespondersError || (error instanceof Error && (error.cause instanceof NoRespondersError || error.message.includes('no responders')))

function unavailable(error: unknown): Response {
  if (isNobody(error)) return problemResponse('unavailable', 'No engine of this economy listens; nothing has happened.')
  if (error instanceof TimeoutError)
    return problemResponse('unavailable', 'The engine did not answer in time; the command may have happened: try again with the same Idempotency-Key.')
  return problemResponse('unavailable', `The way to the engine is broken: ${reasonOf(error)}; try again with the same Idempotency-Key.`)
}

/** An answer of the engine as it came, or what stands for one that did not. */
type Reply = Pick<Msg, 'data' | 'headers'>

/** Passes calls of the System Service on to the engine, within the trace that came, and gives its answers back. */
export function createFront(options: FrontOptions) {
  const { connection, economy_id, onHop, timeout_ms = TIMEOUT_MS } = options
  const failed = async (response: Response): Promise<Reply> => {
    const { body, headers } = await responseToMessage(response)
    return { data: body, headers }
  }
  const pass = async (subject: string, name: string, { body, headers }: Carried): Promise<Reply> => {
    const started = Date.now()
    const parent = headerOf({ headers }, HEADER.traceparent) ?? null
    const traceparent = onHop === undefined ? (parent ?? '') : childOf(parent)
    if (traceparent !== '') headers.set(HEADER.traceparent, traceparent)
    const most = payloadMax(connection, HEADER_BYTES)
    let reply: Reply
    if (body.length > most) reply = await failed(problemResponse('body_too_large', `At most ${most} bytes.`))
    else
      try {
        reply = await connection.request(subject, body, { headers, timeout: timeout_ms })
      } catch (error) {
        reply = await failed(unavailable(error))
      }
    onHop?.({
      duration_ms: Date.now() - started,
      name,
      parent,
      started_at_ms: started,
      status: statusOf(reply),
      traceparent,
      tracestate: headerOf({ headers }, HEADER.tracestate) ?? null,
    })
    return reply
  }
  return {
    /** Passes on a request with its own bearer token. */
    http: async (request: Request): Promise<Response> =>
      messageToResponse(await pass(subjects.engineHttp(economy_id), `${request.method} ${new URL(request.url).pathname}`, await requestToMessage(request))),
    /** Passes on a call in the name of an agent's lease, which the caller has established. */
    asAgent: (agentId: string, leaseId: string, name: string, call: Carried): Promise<Reply> =>
      pass(subjects.engineAgent(economy_id, agentId, leaseId), name, call),
  }
}
export type Front = ReturnType<typeof createFront>
