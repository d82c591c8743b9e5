import { openDoors } from '../http/index.ts'
import { type ServiceMsg, Svcm } from '@nats-io/services'
import type { NatsConnection } from '@nats-io/transport-node'
import { BusError, HEADER, connectNats, headerOf, subjects } from '../bus/nats/index.ts'
import { VERSION } from '../version/index.ts'
import { ENGINE } from './engine.ts'
import { answeringInboxes } from './inboxes.ts'
import { callToMessage, statusOf } from './carry.ts'
import { type Front, createFront } from './front.ts'
import { type OpenApiDocument, type RemoteOperation, callOf, operationsOf } from './operations.ts'
import type { Hop } from './trace.ts'

export interface ServiceOptions {
  readonly nats_url: string
  readonly nats_credentials?: string | undefined
  readonly port: number
  readonly host?: string
  /** Which economy, where NATS carries several. */
  readonly economy_id?: string | undefined
  onHop?(hop: Hop): void
}

/** The System Service as a process of its own. */
export interface RemoteService {
  readonly economy_id: string
  readonly url: string
  readonly operations: readonly RemoteOperation[]
  stop(): Promise<void>
}

const SERVICE = 'syntropism'
/** Longest wait for a first answer: where nobody listens, the server says so at once. */
const DISCOVERY_MS = 10_000

/** Economies whose writers answer on this NATS. */
async function findEconomies(connection: NatsConnection): Promise<string[]> {
  const found = new Set<string>()
  try {
    for await (const info of await new Svcm(connection).client({ maxMessages: 100, maxWait: DISCOVERY_MS, strategy: 'stall' } as never).info(ENGINE))
      found.add(info.metadata?.economy_id ?? '')
  } catch (error) {
    if (!(error instanceof Error && /no responders/i.test(`${error.message} ${String(error.cause)}`))) throw error
  }
  return [...found].filter((one) => one !== '').toSorted()
}

/** The one economy of this NATS, or the one asked for. Throws BusError with what to do. */
export async function chooseEconomy(connection: NatsConnection, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) return wanted
  const found = await findEconomies(connection)
  if (found.length === 1 && found[0] !== undefined) return found[0]
  throw new BusError(
    'unavailable',
    found.length === 0
      ? 'no economy answers on this NATS; start one with NATS_URL set: "syntropism live"'
      : `several economies answer on this NATS, name one with --economy: ${found.join(', ')}`,
  )
}

/** Members of the call, or null when the message is no JSON object. */
function inputOf(message: ServiceMsg): Record<string, unknown> | null {
  if (message.data.length === 0) return {}
  try {
    const value: unknown = message.json()
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

async function handleCall(front: Front, operation: RemoteOperation, message: ServiceMsg): Promise<void> {
  const [, , , agentId = '', leaseId = ''] = message.subject.split('.')
  const input = inputOf(message)
  if (input === null)
    return void message.respondError(400, 'malformed_json', JSON.stringify({ code: 'malformed_json', detail: 'The message is no JSON object.' }))
  const said = Object.fromEntries(['idempotency-key', HEADER.traceparent, HEADER.tracestate].map((name) => [name, headerOf(message, name)]))
  const { body, path } = callOf(operation, input, agentId)
  const reply = await front.asAgent(agentId, leaseId, operation.name, callToMessage(operation.method, path, body, said))
  const status = statusOf(reply)
  if (status < 400) return void message.respond(reply.data)
  const text = Buffer.from(reply.data).toString('utf8')
  const { code } = JSON.parse(text) as { code: string }
  message.respondError(status, code, text)
}

async function addMicroService(
  connection: NatsConnection,
  economyId: string,
  front: Front,
  operations: readonly RemoteOperation[],
): Promise<() => Promise<void>> {
  const service = await new Svcm(answeringInboxes(connection)).add({
    description: 'System Service of one economy, for agents with credentials of their own',
    metadata: { economy_id: economyId },
    name: SERVICE,
    queue: `service-${economyId}`,
    version: VERSION,
  })
  for (const operation of operations)
    service.addEndpoint(operation.name.replaceAll('.', '-'), {
      handler: (error, message) => {
        if (error !== null) return
        handleCall(front, operation, message).catch((failure: unknown) => {
          console.error(`syntropism: ${operation.name} failed:`, failure)
          message.respondError(500, 'internal_error')
        })
      },
      metadata: { summary: operation.summary },
      subject: `${subjects.call(economyId)}.${operation.name}`,
    })
  return async () => void (await service.stop())
}

/** Runs the System Service in this process: HTTP and NATS micro services in front, the engine behind. Throws BusError. */
export async function startService(options: ServiceOptions): Promise<RemoteService> {
  const connection = await connectNats({ credentials_file: options.nats_credentials, name: 'syntropism service', url: options.nats_url })
  try {
    const economyId = await chooseEconomy(connection, options.economy_id)
    const front = createFront({ connection, economy_id: economyId, ...(options.onHop === undefined ? {} : { onHop: options.onHop }) })
    const described = await front.http(new Request('http://engine/openapi.json'))
    if (described.status !== 200) throw new BusError('unavailable', `the engine of ${economyId} does not answer: ${await described.text()}`)
    const operations = operationsOf((await described.json()) as OpenApiDocument)
    const doors = await openDoors((request) => front.http(request), { host: options.host ?? '127.0.0.1', port: options.port }, null)
    const stopMicro = await addMicroService(connection, economyId, front, operations)
    return {
      economy_id: economyId,
      operations,
      async stop() {
        await stopMicro()
        await doors.close()
        await connection.close()
      },
      url: doors.url,
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}
