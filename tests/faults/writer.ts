import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { EconomyEvent } from '@syntropism/contract'
import { GENESIS_HASH, batchHash, openSqlite, verify } from '@syntropism/runtime'
import type { Journal } from '../../packages/runtime/src/ports/index.ts'
import { openPostgres } from '../../packages/runtime/src/store/postgres/index.ts'
import { recover } from '../../packages/runtime/src/host/index.ts'
import { countEffects, creditsOff } from './figures.ts'

const WORKER = join(import.meta.dirname, 'worker.ts')
const FATAL_COMMIT = join(import.meta.dirname, 'fatal-commit.ts')
/** What the worker's load grants its agents. */
const GRANTED_MICRO = 3_000_000_000

export interface WriterRun {
  readonly acknowledged: readonly { readonly id: string; readonly result: unknown }[]
  /** Size of the write-ahead log before the fatal commit. */
  readonly wal_bytes: number
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** Runs the load in a process of its own until it is done or the fault ends it. */
export function runWriter(path: string, step: 'before' | 'inside' | 'after' | 'never', at: number, seed: number, loads = 60): WriterRun {
  const ended = spawnSync(
    process.execPath,
    [
      '--conditions=@syntropism/source',
      '--disable-warning=ExperimentalWarning',
      ...(step === 'inside' ? ['--import', FATAL_COMMIT] : []),
      ...[WORKER, path, step, String(at), String(seed), String(loads)],
    ],
    { encoding: 'utf8', env: { ...process.env, FATAL_RECORD: String(at) }, maxBuffer: 2 ** 28 },
  )
  const lines = ended.stdout
    .split('\n')
    .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as { id?: string; result?: unknown; wal_bytes?: number }] : []))
  return {
    acknowledged: lines.flatMap(({ id, result }) => (id?.startsWith('k-') === true ? [{ id, result }] : [])),
    code: ended.status,
    signal: ended.signal,
    stderr: ended.stderr,
    wal_bytes: lines.find((line) => line.wal_bytes !== undefined)?.wal_bytes ?? 0,
  }
}

export interface Found {
  readonly lost: number
  readonly twice: number
  readonly off_micro: number
  readonly recovery_ms: number
}

/** The journal that a writer left, opened for writing: on a server as soon as the lead is free. */
async function openLeft(path: string): Promise<Journal> {
  if (!path.startsWith('postgres:')) return openSqlite(path).journal
  const fail = (error: unknown): void => {
    throw error
  }
  return (await openPostgres({ onLost: fail, onStandby: () => undefined, url: path })).journal
}

/** Opens what a writer left, as its successor would, and counts. */
async function lookAt(path: string, acknowledged: WriterRun['acknowledged']): Promise<Found> {
  const begun = performance.now()
  const journal = await openLeft(path)
  const state = await recover(journal)
  const recovery_ms = performance.now() - begun
  const events: EconomyEvent[] = []
  for await (const batch of journal.read(0)) events.push(...(JSON.parse(batch.events_json) as EconomyEvent[]))
  const verdict = await verify(journal, batchHash, GENESIS_HASH)
  await journal.close()
  if (!verdict.ok) throw new Error(`the journal does not verify: ${JSON.stringify(verdict)}`)
  const { lost, twice } = countEffects(
    events,
    acknowledged.map(({ id }) => id),
  )
  const differs = acknowledged.filter(({ id, result }) => JSON.stringify(state.remembered.get(`test ${id}`)?.result) !== JSON.stringify(result)).length
  const genesis = events.filter((event) => event.type === 'agent_created').length
  return { lost: Math.max(lost, differs), off_micro: creditsOff(state, (GRANTED_MICRO / 3) * genesis), recovery_ms, twice }
}

/** What all injections of one fault came to. */
interface Counted {
  injected: number
  acknowledged: number
  lost: number
  twice: number
  off_micro: number
  recovery_ms: number[]
}
export const none = (): Counted => ({ acknowledged: 0, injected: 0, lost: 0, off_micro: 0, recovery_ms: [], twice: 0 })

/** Looks at what the writer left, then runs the same load to its end on it: what was done answers as before, the rest happens now. */
export async function lookAndGoOn(counted: Counted, path: string, first: ReturnType<typeof runWriter>, seed: number, loads?: number): Promise<void> {
  const found = await lookAt(path, first.acknowledged)
  const second = runWriter(path, 'never', 0, seed, loads)
  if (second.code !== 0) throw new Error(`the economy does not go on: ${second.stderr}`)
  const all = [...new Map([...first.acknowledged, ...second.acknowledged].map((one) => [one.id, one])).values()]
  const after = await lookAt(path, all)
  const answers = new Map(second.acknowledged.map(({ id, result }) => [id, JSON.stringify(result)]))
  const changed = first.acknowledged.filter(({ id, result }) => answers.get(id) !== JSON.stringify(result)).length
  counted.injected += 1
  counted.acknowledged += all.length
  counted.lost += found.lost + after.lost + changed
  counted.twice += found.twice + after.twice
  counted.off_micro += found.off_micro + after.off_micro
  counted.recovery_ms.push(found.recovery_ms)
}
