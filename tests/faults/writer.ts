import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { EconomyEvent } from '@syntropism/contract'
import { GENESIS_HASH, SqliteJournal, batchHash, openDatabase, verify } from '@syntropism/runtime'
import { recover } from '../../packages/runtime/src/host/index.ts'
import { countEffects, creditsOff } from './figures.ts'

const WORKER = join(import.meta.dirname, 'worker.ts')
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
    ['--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning', WORKER, path, step, String(at), String(seed), String(loads)],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
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

/** Opens what a writer left, as its successor would, and counts. */
export async function lookAt(path: string, acknowledged: WriterRun['acknowledged']): Promise<Found> {
  const begun = performance.now()
  const journal = new SqliteJournal(openDatabase(path))
  const state = await recover(journal)
  const recovery_ms = performance.now() - begun
  const events: EconomyEvent[] = []
  for await (const batch of journal.read(0)) events.push(...(JSON.parse(batch.events_json) as EconomyEvent[]))
  const verdict = await verify(journal, batchHash, GENESIS_HASH)
  journal.close()
  if (!verdict.ok) throw new Error(`the journal does not verify: ${JSON.stringify(verdict)}`)
  const { lost, twice } = countEffects(
    events,
    acknowledged.map(({ id }) => id),
  )
  const differs = acknowledged.filter(({ id, result }) => JSON.stringify(state.remembered.get(`test ${id}`)?.result) !== JSON.stringify(result)).length
  const genesis = events.filter((event) => event.type === 'agent_created').length
  return { lost: Math.max(lost, differs), off_micro: creditsOff(state, (GRANTED_MICRO / 3) * genesis), recovery_ms, twice }
}
