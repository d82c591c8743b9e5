import { Svcm } from '@nats-io/services'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { payloadMax, subjects } from '../bus/nats/index.ts'
import type { Host } from '../host/index.ts'
import { type ProblemCode, type Reads, type Tokens, problemResponse } from '../http/index.ts'
import { VERSION } from '../version/index.ts'
import { answeringInboxes } from './inboxes.ts'
import { type Carried, HEADER_BYTES, answerToMessage, messageToPlain, messageToRequest, responseToMessage } from './carry.ts'

/** Name under which `nats micro ls` shows the writer of an economy. */
export const ENGINE = 'syntropism-engine'

export interface EngineParts {
  readonly connection: NatsConnection
  readonly host: Host
  readonly tokens: Tokens
  /** The System Service of this process. */
  fetch(request: Request): Response | Promise<Response>
  /** Its reads, asked first. */
  readonly reads?: Reads
}

async function answer(connection: NatsConnection, message: Msg, carried: Carried): Promise<void> {
  const most = payloadMax(connection, HEADER_BYTES)
  const { body, headers } =
    carried.body.length <= most
      ? carried
      : await responseToMessage(problemResponse('reply_too_large', `The answer has ${carried.body.length} bytes, NATS carries ${most} here.`))
  message.respond(body, { headers })
}

const refuse = (connection: NatsConnection, message: Msg, code: ProblemCode, detail: string): Promise<void> =>
  responseToMessage(problemResponse(code, detail)).then((carried) => answer(connection, message, carried))

/** The agent's token for calls in its name, made when its lease runs; it dies with the lease. */
function tokenOfLease({ host, tokens }: EngineParts, made: Map<string, string>, agentId: string, leaseId: string): string | null {
  const lease = host.state.leases.get(leaseId)
  if (lease === undefined || lease.agent_id !== agentId || host.state.agents.get(agentId)?.status === 'dead') {
    made.delete(leaseId)
    return null
  }
  const kept = made.get(leaseId)
  if (kept !== undefined && tokens.find(kept) !== null) return kept
  const token = tokens.issue(agentId, leaseId)
  made.set(leaseId, token)
  return token
}

/** Answers the System Service's calls over NATS; returns its end. */
export async function startEngine(parts: EngineParts): Promise<() => Promise<void>> {
  const { connection, host } = parts
  const economyId = host.state.economy_id
  const service = await new Svcm(answeringInboxes(connection)).add({
    description: 'Writer of one economy: commands and queries',
    metadata: { economy_id: economyId },
    name: ENGINE,
    queue: `engine-${economyId}`,
    version: VERSION,
  })
  const made = new Map<string, string>()
  const handle = async (message: Msg, authorization?: string): Promise<void> => {
    const read = messageToPlain(message, authorization)
    const told = read === null ? null : (parts.reads?.(read) ?? null)
    if (told !== null) return answer(connection, message, answerToMessage(await told))
    const request = messageToRequest(message, authorization)
    if (request === null) return refuse(connection, message, 'malformed_json', 'The message carries no request.')
    await answer(connection, message, await responseToMessage(await parts.fetch(request)))
  }
  const guarded = (work: (message: Msg) => Promise<void>) => (error: Error | null, message: Msg) => {
    if (error !== null) return
    work(message).catch((failure: unknown) => {
      console.error('syntropism: a call over NATS failed:', failure)
      refuse(connection, message, 'internal_error', 'An unexpected error; see the log of the engine.').catch(() => undefined)
    })
  }
  service.addEndpoint('http', { handler: guarded((message) => handle(message)), subject: subjects.engineHttp(economyId) })
  service.addEndpoint('agent', {
    handler: guarded(async (message) => {
      const [, , , , agentId = '', leaseId = ''] = message.subject.split('.')
      const token = tokenOfLease(parts, made, agentId, leaseId)
      if (token === null) return refuse(connection, message, 'lease_ended', `${leaseId} is no running lease of ${agentId}.`)
      await handle(message, `Bearer ${token}`)
    }),
    subject: subjects.engineAgent(economyId),
  })
  return async () => void (await service.stop())
}
