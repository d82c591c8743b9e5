import { availableParallelism } from 'node:os'
import { type Model, Run, UsageError } from '../index.ts'
import { writeSweep } from './files.ts'
import { loadModel } from './load.ts'
import { type SweepSpec, pointsOf, requestOf } from './plan.ts'
import { type CarryOut, onThreads } from './pool.ts'
import { type Group, groupsOf } from './statistics.ts'
import { solverFor } from './solver.ts'
import { type Outcome, SweepFolder } from './store.ts'

export interface SweepRequest {
  readonly spec: SweepSpec
  readonly folder: string
  readonly resume: boolean
  /** Threads; 0 for as many as the machine runs at once. */
  readonly workers: number
  /** Carries the runs out elsewhere instead. */
  readonly carryOut?: CarryOut
  /** Module whose `createSolver` makes the solver of models that ask for one. */
  readonly solver?: string | undefined
  readonly signal: AbortSignal
  readonly progress?: (done: number, all: number) => void
}

export interface SweepResult {
  readonly outcomes: readonly Outcome[]
  readonly groups: readonly Group[]
  /** Runs carried out now, without those of a sweep that was resumed. */
  readonly carried_out: number
}

/** Builds one run of every choice, so that what the model refuses is known before anything runs. */
async function check(spec: SweepSpec, model: Model, solver: string | undefined): Promise<void> {
  const seen = new Set<string>()
  for (const point of pointsOf(spec)) {
    const text = JSON.stringify(point.chosen)
    if (seen.has(text)) continue
    seen.add(text)
    const request = requestOf(spec, point)
    const agents = Number(request.agents ?? model.agents.default)
    const solve = await solverFor(model, request.params, solver)
    void new Run({ ...request, agents: Math.min(agents, Math.max(model.agents.min, 100)), model, solve })
  }
}

/** Carries out what is open of a sweep and writes results.csv, results.parquet, series.csv, series.parquet and report.html. */
export async function sweep(request: SweepRequest): Promise<SweepResult> {
  const { folder: path, progress, resume, signal, spec } = request
  if (pointsOf(spec).length === 0) throw new UsageError('a sweep has at least one seed, and one value for each key of its grid')
  await check(spec, await loadModel(spec.model), request.solver)
  const folder = new SweepFolder(path, spec, resume)
  const open = folder.open()
  const all = pointsOf(spec).length
  let finished = 0
  progress?.(0, open.length)
  const carryOut = request.carryOut ?? onThreads(request.workers === 0 ? availableParallelism() : request.workers, request.solver)
  await carryOut(spec, open, signal, (point, text) => {
    folder.keep(point, text)
    finished += 1
    progress?.(finished, open.length)
  })
  const outcomes = folder.outcomes()
  const groups = groupsOf(outcomes)
  await writeSweep(path, `${spec.model}: ${all} runs`, groups, outcomes)
  return { carried_out: finished, groups, outcomes }
}
