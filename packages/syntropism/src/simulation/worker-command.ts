import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RunThread } from '@syntropism/simulation/node'
import { natsOf } from '../nats/commands.ts'
import { RUN_SOLVER } from '../lab/run-solver.ts'
import { SentRun } from './sweep-nats.ts'

export interface WorkerFlags {
  readonly allowModules?: boolean
  readonly creds?: string
  readonly json?: boolean
  readonly nats?: string
  readonly threads?: number
}

/** A folder whose modules find the simulation's package. */
function moduleFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-worker-'))
  const scope = join(folder, 'node_modules', '@syntropism')
  mkdirSync(scope, { recursive: true })
  symlinkSync(dirname(dirname(fileURLToPath(import.meta.resolve('@syntropism/simulation')))), join(scope, 'simulation'))
  return folder
}

/** Where a model's module lies here: written once for each text. */
function placeModule(folder: string, name: string, text: string): string {
  const kind = extname(name)
  const path = join(folder, `${createHash('sha256').update(text).digest('hex')}${kind === '.js' ? '.mjs' : kind}`)
  if (!existsSync(path)) writeFileSync(path, text)
  return path
}

/** Takes runs of sweeps from NATS until it is told to stop; runs in hand are finished. */
export async function runWorker(flags: WorkerFlags): Promise<void> {
  const { VERSION, connectNats, serveRuns } = await import('@syntropism/runtime/remote')
  const { nats_credentials, nats_url } = natsOf(flags)
  const threads = flags.threads ?? availableParallelism()
  const folder = moduleFolder()
  const connection = await connectNats({ credentials_file: nats_credentials, name: 'syntropism worker', url: nats_url })
  const free: RunThread[] = []
  const tell = (line: object, text: string): void => console.log(flags.json === true ? JSON.stringify(line) : text)
  const stop = await serveRuns(connection, {
    at_once_max: threads,
    carryOut: async (request) => {
      const { fixed, model, module, point } = SentRun.parse(request)
      const thread = free.pop() ?? new RunThread()
      const text = await thread.run({ fixed, model: module === null ? model : placeModule(folder, model, module), point, solver: RUN_SOLVER })
      free.push(thread)
      // Null is what a thread says that was ended; none is ended before the worker is.
      return text ?? JSON.stringify({ error: 'the worker was stopped', index: point.index })
    },
    modules: flags.allowModules ?? false,
    onError: (error) => console.error(`syntropism: ${error instanceof Error ? error.message : String(error)}`),
    onRun: (sweep_id, index, delivery) =>
      tell({ delivery, index, sweep_id, type: 'run' }, `run ${index} of sweep ${sweep_id}${delivery > 1 ? `, delivery ${delivery}` : ''}`),
    version: VERSION,
  })
  tell(
    { modules: flags.allowModules ?? false, threads, type: 'started', version: VERSION },
    `Worker ${VERSION}: ${threads} runs at once${flags.allowModules === true ? ', models from modules allowed' : ''}.`,
  )
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done())
  })
  await stop()
  await connection.close()
  for (const thread of free) await thread.end()
  rmSync(folder, { force: true, recursive: true })
  process.exit(0)
}
