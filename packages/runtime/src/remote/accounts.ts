import { type Export, type Import, type OperatorLimits, encodeAccount, encodeOperator } from '@nats-io/jwt'
import { createAccount, createOperator } from '@nats-io/nkeys'
import { subjects } from '../bus/nats/index.ts'
import { type Issuer, OBSERVER_REQUESTS } from './credentials.ts'

/** Everything that a server with decentralised credentials needs, and the issuer of its accounts. */
export interface BusKeys {
  /** For the server's configuration file: trust, accounts and nothing else. */
  readonly server_config: string
  readonly issuer: Issuer
}

const NO_LIMITS: OperatorLimits = { conn: -1, data: -1, exports: -1, imports: -1, leaf: -1, payload: -1, subs: -1, wildcards: true }
const JETSTREAM: OperatorLimits = { consumer: -1, disk_storage: -1, mem_storage: -1, streams: -1 }

/**
 * What the economy's account offers to the others. Answers come back through a subject of the server's own, into the account that asked.
 * All that the engine answers is one export: the server passes no answer of it on as a new request to it.
 */
const SERVICES = {
  '$JS.ACK.>': 'Singleton',
  '$JS.API.>': 'Stream',
  '$SRV.>': 'Stream',
  'syntropism.*.engine.>': 'Singleton',
} as const
const EVENTS = subjects.events('*')

/** Services of the economy's account that an account without streams may ask; each of its users may ask some of them, in its own name. No stream takes any of these subjects. */
const ASKED = {
  executors: [
    'syntropism.*.engine.http',
    'syntropism.*.engine.executor.*.*',
    '$SRV.INFO.*',
    '$JS.API.INFO',
    '$JS.API.CONSUMER.INFO.*.*',
    '$JS.API.CONSUMER.MSG.NEXT.*.*',
    '$JS.ACK.>',
  ],
  observers: OBSERVER_REQUESTS,
} as const

const exported = (): Export[] => [
  ...Object.entries(SERVICES).map(([subject, response_type]): Export => ({ name: subject, response_type, subject, type: 'service' })),
  ...EVENTS.map((subject): Export => ({ name: subject, subject, type: 'stream' })),
]
const imported = (account: string, type: Import['type'], names: readonly string[]): Import[] => names.map((name) => ({ account, name, subject: name, type }))

/** New keys: an operator, a system account, and the accounts of the roles. The operator's own seed is not kept: a new account needs a new `init`. */
export async function createBusKeys(): Promise<BusKeys> {
  const operator = createOperator()
  const system = createAccount()
  const signing = createAccount()
  const accounts = { economy: createAccount(), executors: createAccount(), observers: createAccount(), sweeps: createAccount() }
  const economy = accounts.economy.getPublicKey()
  const claims = {
    economy: { exports: exported(), limits: { ...NO_LIMITS, ...JETSTREAM } },
    executors: { imports: imported(economy, 'service', ASKED.executors), limits: NO_LIMITS },
    observers: { imports: [...imported(economy, 'service', ASKED.observers), ...imported(economy, 'stream', EVENTS)], limits: NO_LIMITS },
    sweeps: { limits: { ...NO_LIMITS, ...JETSTREAM } },
  }
  const preload: string[] = [`${system.getPublicKey()}: ${await encodeAccount('SYS', system, {}, { signer: operator })}`]
  for (const [name, account] of Object.entries(accounts)) {
    const own = { ...claims[name as keyof typeof claims], signing_keys: [signing.getPublicKey()] }
    preload.push(`${account.getPublicKey()}: ${await encodeAccount(name.toUpperCase(), account, own as never, { signer: operator })}`)
  }
  const lines = [
    `operator: ${await encodeOperator('syntropism', operator, { system_account: system.getPublicKey() })}`,
    `system_account: ${system.getPublicKey()}`,
    'resolver: MEMORY',
    'resolver_preload: {',
    ...preload.map((line) => `  ${line}`),
    '}',
    '',
  ]
  const idOf = (name: keyof typeof accounts): string => accounts[name].getPublicKey()
  return {
    issuer: {
      account_ids: { economy, executors: idOf('executors'), observers: idOf('observers'), sweeps: idOf('sweeps') },
      account_signing_seed: Buffer.from(signing.getSeed()).toString('utf8'),
    },
    server_config: lines.join('\n'),
  }
}
