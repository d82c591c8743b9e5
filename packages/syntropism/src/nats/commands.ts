import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Id } from '@syntropism/contract'
import { ConfigError, type SandboxName, loadConfig, machineCapacity, openSandbox, reasonOf } from '@syntropism/runtime'
import { table } from '../terminal/format.ts'
import { sdkDir } from '../live/live-command.ts'
import type { LocalFlags } from '../terminal/local.ts'
import { print } from '../terminal/local.ts'

/** NATS is loaded only by the commands that need it. */
const remoteParts = () => import('@syntropism/runtime/remote')

export interface ServiceFlags {
  readonly creds?: string
  readonly economy?: string
  readonly host: string
  readonly json?: boolean
  readonly nats?: string
  readonly port?: number
}

const untilSignal = (): Promise<void> =>
  new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done())
  })

/** Address of NATS from the flag, the environment or the file. */
export function natsOf(flags: { readonly nats?: string; readonly creds?: string }): {
  readonly nats_url: string
  readonly nats_credentials?: string | undefined
} {
  const config = loadConfig({ nats_credentials: flags.creds, nats_url: flags.nats }, process.env)
  if (config.nats_url === undefined) throw new ConfigError('name the address of NATS with --nats nats://host:4222 or NATS_URL')
  return { nats_credentials: config.nats_credentials, nats_url: config.nats_url }
}

/** The System Service as its own process. */
export async function runService(flags: ServiceFlags): Promise<void> {
  const { startService } = await remoteParts()
  const service = await startService({ ...natsOf(flags), economy_id: flags.economy, host: flags.host, port: flags.port ?? 8000 })
  console.log(
    flags.json === true
      ? JSON.stringify({ economy_id: service.economy_id, operations: service.operations.length, type: 'started', url: service.url })
      : `System Service of ${service.economy_id} at ${service.url}; ${service.operations.length} operations on NATS under syntropism.${service.economy_id}.call.`,
  )
  await untilSignal()
  await service.stop()
  process.exit(0)
}

/** Keys, the server's configuration and the credentials of every role but executors and agents. */
export async function initNats(folder: string, flags: LocalFlags): Promise<void> {
  const { createBusKeys, issueCredentials } = await remoteParts()
  const root = resolve(folder)
  const issuerFile = join(root, 'issuer.json')
  if (existsSync(issuerFile)) throw new ConfigError(`${issuerFile} exists: new keys would lock out everything that uses it; choose another folder`)
  mkdirSync(root, { mode: 0o700, recursive: true })
  const keys = await createBusKeys()
  const secret = { mode: 0o600 }
  writeFileSync(
    join(root, 'server.conf'),
    `listen: "127.0.0.1:4222"\nmax_payload: 8MB\njetstream { store_dir: ${JSON.stringify(join(root, 'store'))} }\n${keys.server_config}`,
    secret,
  )
  writeFileSync(issuerFile, `${JSON.stringify(keys.issuer, null, 2)}\n`, secret)
  for (const role of ['writer', 'service', 'observer', 'worker'] as const)
    writeFileSync(join(root, `${role}.creds`), await issueCredentials(keys.issuer, { role }), secret)
  print(
    flags,
    { folder: root, issuer: issuerFile },
    () =>
      `Wrote ${root}: start the server with "nats-server -c ${join(root, 'server.conf')}", then\nNATS_URL=nats://127.0.0.1:4222 NATS_CREDS=${join(root, 'writer.creds')} NATS_ISSUER=${issuerFile} syntropism live`,
  )
}

/** Credentials for one executor host. */
export async function addExecutorCredentials(executorId: string, flags: LocalFlags & { issuer: string; out: string }): Promise<void> {
  const { issueCredentials, readIssuer } = await remoteParts()
  writeFileSync(flags.out, await issueCredentials(readIssuer(flags.issuer), { executor_id: executorId, role: 'executor' }), { flag: 'wx', mode: 0o600 })
  print(flags, { executor_id: executorId, file: resolve(flags.out) }, () => `Wrote ${resolve(flags.out)}.`)
}

export interface ExecutorFlags {
  readonly allowWeakSandbox?: boolean
  readonly cpuMillicores?: number
  readonly creds?: string
  readonly dir?: string
  readonly economy?: string
  readonly id: string
  readonly json?: boolean
  readonly memoryMb?: number
  readonly nats?: string
  readonly sandbox: SandboxName
}

/** Offers this machine to an economy on NATS until it is told to stop. */
export async function runExecutor(flags: ExecutorFlags): Promise<void> {
  if (!Id.safeParse(flags.id).success) throw new ConfigError(`--id ${flags.id}: must be 1–64 letters, digits, _ or -, starting with a letter or digit`)
  const { startRemoteExecutor } = await remoteParts()
  const config = loadConfig({ cpu_millicores: flags.cpuMillicores, memory_mb: flags.memoryMb }, process.env)
  const capacity = machineCapacity(config)
  const executor = await startRemoteExecutor({
    ...capacity,
    ...natsOf(flags),
    dir: resolve(flags.dir ?? join('.syntropism-executor', flags.id)),
    economy_id: flags.economy,
    executor_id: flags.id,
    onError: (error) => console.error(`syntropism: ${reasonOf(error)}`),
    openSandbox: async (folders) => {
      const settings = { ...folders, allow_weak: flags.allowWeakSandbox ?? false, read_only: config.sandbox_read_only }
      return openSandbox(settings, flags.sandbox)
    },
    sdk_dir: sdkDir(),
    tell: (text) => console.error(`syntropism: ${text}`),
  })
  console.log(
    flags.json === true
      ? JSON.stringify({ ...capacity, economy_id: executor.economy_id, executor_id: flags.id, sandbox: executor.sandbox.name, type: 'started' })
      : `Executor ${flags.id} of ${executor.economy_id}: ${capacity.cpu_millicores} milli-cores, ${capacity.memory_mb} MB, sandbox ${executor.sandbox.name}.`,
  )
  const replaced = await Promise.race([untilSignal().then(() => false), executor.replaced.then(() => true)])
  if (replaced) console.error(`syntropism: another process has taken the place of executor ${flags.id}; this one ends`)
  await executor.stop()
  process.exit(replaced ? 1 : 0)
}

export interface DeadFlags extends LocalFlags {
  readonly creds?: string
  readonly economy?: string
  readonly limit: number
  readonly nats?: string
  readonly revive?: string
}

/** Dead letters of the queue of outside tool calls, or one of them back into its queue. */
export async function runDead(flags: DeadFlags): Promise<void> {
  const { NatsWorkQueue, chooseEconomy, connectNats, places } = await remoteParts()
  const { nats_credentials, nats_url } = natsOf(flags)
  const connection = await connectNats({ credentials_file: nats_credentials, name: 'syntropism nats dead', url: nats_url })
  try {
    const economyId = await chooseEconomy(connection, flags.economy)
    const queues = [places.tools(economyId), places.report(economyId)].map((place) => new NatsWorkQueue(connection, place))
    if (flags.revive !== undefined) {
      for (const queue of queues)
        if (await queue.revive(flags.revive)) return print(flags, { revived: flags.revive }, () => `${flags.revive} waits in ${queue.place.stream} again.`)
      throw new ConfigError(`there is no dead letter ${flags.revive} that can be taken back`)
    }
    const found = (
      await Promise.all(
        queues.map(async (queue) =>
          (await queue.deadLetters(flags.limit)).map(({ data, ...letter }) => ({ ...letter, bytes: data.length, queue: queue.place.consumer })),
        ),
      )
    ).flat()
    print(flags, found, () =>
      found.length === 0
        ? 'No dead letters.'
        : table([
            ['letter', 'queue', 'work', 'deliveries', 'why'],
            ...found.map((one) => [one.letter_id, one.queue, one.id, String(one.deliveries), one.reason]),
          ]),
    )
  } finally {
    await connection.close()
  }
}
