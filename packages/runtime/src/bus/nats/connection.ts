import { readFileSync } from 'node:fs'
import { parseCreds } from '@nats-io/jwt'
import { type NatsConnection, connect, credsAuthenticator } from '@nats-io/transport-node'
import { reasonOf } from '../../ports/index.ts'

export type { NatsConnection }

/** What went wrong on the way to or with the bus. */
export class BusError extends Error {
  override readonly name = 'BusError'
  readonly code: 'unreachable' | 'unsuitable' | 'stream_ahead' | 'stream_differs' | 'unavailable'
  constructor(code: BusError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What a server takes that does not say otherwise. */
const PAYLOAD_BYTES = 1_048_576
/** Bytes of a body that one message carries here, beside so many of its headers. */
export const payloadMax = ({ info }: NatsConnection, headerBytes: number): number => (info?.max_payload ?? PAYLOAD_BYTES) - headerBytes

export interface NatsSettings {
  /** One address or several, comma-separated: `nats://host:4222`. */
  readonly url: string
  /** File with user JWT and seed, as `nats` and the server's tools write it. */
  readonly credentials_file?: string | undefined
  /** Shown in the server's connection list. */
  readonly name: string
}

/** Oldest server that has all that is used here. */
const SERVER_VERSION_MIN = [2, 12]
const RECONNECT_MS = 250
const PING_MS = 10_000

/** Where replies to credentials that may listen everywhere come: no other role may listen there. */
const OWN_INBOX = '_INBOX_writer'

/** What goes with a credentials file: replies come where it alone may listen. A missing file is named before the server is asked. */
async function identity(file: string | undefined) {
  if (file === undefined) return {}
  try {
    const creds = readFileSync(file)
    const { uc } = await parseCreds(creds)
    const inbox = (uc.nats.sub?.allow ?? []).find((subject) => /^_INBOX[^.]*\.>$/.test(subject))
    return { authenticator: credsAuthenticator(creds), inboxPrefix: inbox?.slice(0, -2) ?? OWN_INBOX }
  } catch (error) {
    throw new BusError('unsuitable', `the NATS credentials file ${file} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** Connects, and from then on reconnects for ever. Throws BusError when nothing answers now or the server is older than 2.12. */
export async function connectNats(settings: NatsSettings): Promise<NatsConnection> {
  const servers = settings.url.split(',').map((one) => one.trim())
  let connection: NatsConnection
  try {
    connection = await connect({
      ...(await identity(settings.credentials_file)),
      maxReconnectAttempts: -1,
      name: settings.name,
      pingInterval: PING_MS,
      reconnectTimeWait: RECONNECT_MS,
      servers,
      timeout: 5000,
    })
  } catch (error) {
    if (error instanceof BusError) throw error
    throw new BusError(
      'unreachable',
      `NATS at ${settings.url} cannot be used: ${reasonOf(error)}; is nats-server running there, and are the credentials right?`,
      {
        cause: error,
      },
    )
  }
  const version = connection.info?.version ?? '0'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < (SERVER_VERSION_MIN[0] ?? 0) || (major === SERVER_VERSION_MIN[0] && minor < (SERVER_VERSION_MIN[1] ?? 0))) {
    await connection.close()
    throw new BusError('unsuitable', `NATS at ${settings.url} is version ${version}; ${SERVER_VERSION_MIN.join('.')} or later is needed`)
  }
  return connection
}
