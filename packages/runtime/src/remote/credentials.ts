import { readFileSync } from 'node:fs'
import { type User, encodeUser, fmtCreds } from '@nats-io/jwt'
import { type KeyPair, createUser, fromSeed } from '@nats-io/nkeys'
import { z } from 'zod'
import { BusError, SWEEP_STREAMS, subjects } from '../bus/nats/index.ts'
import { reasonOf } from '../ports/index.ts'

const AccountId = z.string().startsWith('A')

/** What signs credentials: the accounts they belong to, and the seed of a key that may sign for all of them. Whoever holds it can speak as anybody on this NATS. */
export const Issuer = z.strictObject({
  account_ids: z.strictObject({ economy: AccountId, executors: AccountId, observers: AccountId, sweeps: AccountId }),
  account_signing_seed: z.string().startsWith('SA'),
})
export type Issuer = z.infer<typeof Issuer>

/** Who a connection may speak for. `writer` may do everything in the account. */
export type BusRole =
  | { readonly role: 'writer' }
  | { readonly role: 'service' }
  | { readonly role: 'observer' }
  /** Sweeps and their workers. */
  | { readonly role: 'worker' }
  | { readonly role: 'executor'; readonly executor_id: string }
  | { readonly role: 'agent'; readonly economy_id: string; readonly agent_id: string; readonly lease_id: string; readonly expires_at_ms: number }

/** The account of each role. What the server itself answers stays in the account that asked, so whoever may ask JetStream is in one without streams of the economy. */
const ACCOUNT_OF = {
  agent: 'economy',
  executor: 'executors',
  observer: 'observers',
  service: 'economy',
  worker: 'sweeps',
  writer: 'economy',
} as const satisfies Record<BusRole['role'], keyof Issuer['account_ids']>

/** Subject under which an agent gets its replies. */
export const agentInbox = (leaseId: string): string => `_INBOX_${leaseId}`

/** What an observer may ask of the economy's account: its account imports this, and its own rights are the same. */
export const OBSERVER_REQUESTS: readonly string[] = [
  '$SRV.>',
  '$JS.API.INFO',
  ...['INFO.*', 'NAMES', 'LIST'].map((verb) => `$JS.API.STREAM.${verb}`),
  ...['INFO.*.*', 'NAMES.*', 'LIST.*'].map((verb) => `$JS.API.CONSUMER.${verb}`),
  '$JS.API.DIRECT.GET.>',
]

type Permissions = Pick<User, 'pub' | 'sub' | 'resp'>
const ANSWERS = { max: 1, ttl: 30_000_000_000 }

/** What a role may publish and subscribe: everything that is not named is refused by the server. */
export function permissionsOf(who: BusRole): Permissions {
  switch (who.role) {
    case 'writer':
      return {}
    case 'service':
      return {
        pub: { allow: ['syntropism.*.engine.http', 'syntropism.*.engine.agent.>', '$SRV.INFO.syntropism-engine', '_R_.>'] },
        resp: ANSWERS,
        sub: { allow: ['syntropism.*.call.>', '$SRV.>', '_INBOX_service.>'] },
      }
    case 'observer':
      return {
        pub: { allow: [...OBSERVER_REQUESTS] },
        sub: {
          allow: ['syntropism.*.*.*.*', '_INBOX.>'],
          deny: ['call', 'dead', 'engine', 'tools', 'work'].map((what) => `syntropism.*.${what}.>`),
        },
      }
    case 'executor': {
      const { executor_id } = who
      const consumer = `executor_${executor_id}`
      return {
        pub: {
          allow: [
            'syntropism.*.engine.http',
            `syntropism.*.engine.executor.${executor_id}.*`,
            `$JS.API.CONSUMER.INFO.*.${consumer}`,
            `$JS.API.CONSUMER.MSG.NEXT.*.${consumer}`,
            `$JS.ACK.*.${consumer}.>`,
            '$JS.API.INFO',
            '$SRV.INFO.syntropism-engine',
          ],
        },
        sub: { allow: [`_INBOX_executor_${executor_id}.>`] },
      }
    }
    case 'worker':
      return {
        pub: {
          allow: [
            'syntropism_sweeps.>',
            '$JS.API.INFO',
            ...SWEEP_STREAMS.flatMap((stream) => [
              `$JS.API.STREAM.*.${stream}`,
              `$JS.API.CONSUMER.*.${stream}.>`,
              `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.>`,
              `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
              `$JS.ACK.${stream}.>`,
            ]),
          ],
        },
        sub: { allow: ['_INBOX_worker.>'] },
      }
    case 'agent':
      return {
        pub: { allow: [`${subjects.call(who.economy_id, who.agent_id, who.lease_id)}.>`] },
        sub: { allow: [`${agentInbox(who.lease_id)}.>`] },
      }
  }
}

const SECOND_MS = 1000

/** Text of a credentials file for a role: a user of its own with the role's permissions. An agent's expires with its lease. */
export async function issueCredentials(issuer: Issuer, who: BusRole): Promise<string> {
  const user = createUser()
  const name = who.role === 'agent' ? `agent ${who.agent_id} ${who.lease_id}` : who.role === 'executor' ? `executor ${who.executor_id}` : who.role
  const jwt = await encodeUser(
    name,
    user,
    keyOf(issuer),
    { ...permissionsOf(who), issuer_account: issuer.account_ids[ACCOUNT_OF[who.role]] },
    who.role === 'agent' ? { exp: Math.ceil(who.expires_at_ms / SECOND_MS) } : {},
  )
  return Buffer.from(fmtCreds(jwt, user)).toString('utf8')
}

function keyOf(issuer: Issuer): KeyPair {
  return fromSeed(Buffer.from(issuer.account_signing_seed))
}

/** Reads an issuer's file. Throws BusError with what is wrong. */
export function readIssuer(path: string): Issuer {
  try {
    return Issuer.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error)
    throw new BusError('unsuitable', `${path} is no issuer of NATS credentials ("syntropism nats init" writes one): ${what}`, { cause: error })
  }
}
