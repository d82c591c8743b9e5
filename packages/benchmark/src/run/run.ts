import type { Scenario } from '../scenario/index.ts'
import type { EventLogs } from '@syntropism/runtime/remote'
import type { Clock, WorldLlm } from '../world/index.ts'
import type { RunFolder } from './folder.ts'
import type { AgentStarter } from './starting.ts'
import { type TrialResult, runTrial } from './trial.ts'

export interface RunOptions {
  readonly agent: AgentStarter
  /** How time goes on in the worlds; the agent's own choice when left out. */
  readonly clock?: Clock | undefined
  readonly epochs: number
  /** Where finished trials are kept and found again; without one nothing is kept. */
  readonly folder: RunFolder | null
  readonly items: readonly Scenario[]
  /** Longest wall time of one trial (what it has not begun by then has failed), and of the whole run. */
  readonly item_ms_max: number
  readonly run_ms_max: number
  /** Most that the whole run may spend on models. */
  readonly run_micro_usd_max: number
  /** Takes the events of every world from NATS. */
  readonly logs?: EventLogs | undefined
  /** Models that agents may think with in every world. */
  readonly llm?: WorldLlm
  readonly model_url: string
  /** Trials at the same time. */
  readonly parallel: number
  /** Runs of each seed. */
  readonly repeats: number
  readonly seed: number
  onTrial(trial: TrialResult, done: number, all: number): void
}

export interface RunOutcome {
  /** Why trials were left out; null when none was. */
  readonly stopped: string | null
  readonly trials: readonly TrialResult[]
}

const limited = (item: Scenario, seed: number, repeat: number, { agent, clock, item_ms_max, llm, logs, model_url }: RunOptions): Promise<TrialResult> =>
  runTrial(item, seed, { agent, clock, logs, model_url, wall_ms_max: item_ms_max, ...(llm === undefined ? {} : { llm }) }, repeat)

/** Runs every item for every epoch (seeds from `seed` on). Trials that were judged before are kept; those that ended in an error are tried again. */
export async function runItems(options: RunOptions): Promise<RunOutcome> {
  const { epochs, folder, items, onTrial, parallel, repeats, run_micro_usd_max, run_ms_max, seed } = options
  const wanted = items.flatMap((item) =>
    Array.from({ length: epochs * repeats }, (_, index) => ({ item, repeat: index % repeats, seed: seed + Math.floor(index / repeats) })),
  )
  const trials = new Map<number, TrialResult>()
  const began = Date.now()
  let [next, spent] = [0, 0]
  let stopped: string | null = null
  const work = async (): Promise<void> => {
    for (let index = next++; index < wanted.length; index = next++) {
      const { item, repeat, seed: own } = wanted[index] as (typeof wanted)[number]
      const kept = folder?.find(item.id, own, repeat) ?? null
      let trial = kept !== null && kept.error === null ? kept : null
      if (trial === null) {
        if (Date.now() - began > run_ms_max) stopped = `the run took longer than ${run_ms_max} ms`
        if (spent > run_micro_usd_max) stopped = `the run spent ${spent} micro-dollars, more than ${run_micro_usd_max}`
        if (stopped !== null) return
        trial = await limited(item, own, repeat, options)
        spent += trial.spend_micro_usd
        folder?.keep(trial)
      }
      trials.set(index, trial)
      onTrial(trial, trials.size, wanted.length)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return { stopped, trials: [...trials].sort(([a], [b]) => a - b).map(([, trial]) => trial) }
}
