import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Hex } from '@syntropism/economy'
import { reasonOf } from '@syntropism/runtime'
import type { Judgement } from '../judge/index.ts'
import type { Scenario } from '../scenario/index.ts'
import type { TrialResult } from './trial.ts'

/** A run's folder that cannot be used: says which and why. */
export class RunError extends Error {
  override readonly name = 'RunError'
}

/** Version of the files of a run. */
const FORMAT = 2

/** What a run is of. Two runs with the same plan may be continued and compared. */
export interface RunPlan {
  readonly agent: string
  readonly epochs: number
  readonly format: typeof FORMAT
  readonly items: readonly { readonly hash: string; readonly id: string }[]
  readonly repeats: number
  readonly seed: number
}

export const planOf = (agent: string, items: readonly Scenario[], seed: number, epochs: number, repeats = 1): RunPlan => ({
  agent,
  epochs,
  format: FORMAT,
  items: items.map((item) => ({ hash: sha256Hex(JSON.stringify(item)), id: item.id })),
  repeats,
  seed,
})

const PLAN = 'run.json'
const fileOf = (item: string, seed: number, repeat: number): string => `${item}.${seed}.${repeat}.json`

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new RunError(`${path} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** The folder of a run: its plan, and a file for each trial, written whole or not at all. */
export class RunFolder {
  readonly path: string
  constructor(path: string) {
    this.path = path
  }

  /** Begins a run, or goes on with one of the same plan; a larger number of epochs or other items extend it. Throws RunError when the folder holds another run. */
  begin(plan: RunPlan): void {
    if (existsSync(join(this.path, PLAN))) {
      const old = this.plan()
      const changed = plan.items.find((item) => old.items.some((one) => one.id === item.id && one.hash !== item.hash))
      if (old.agent !== plan.agent) throw new RunError(`${this.path} holds a run of the agent "${old.agent}", not "${plan.agent}"; name another folder`)
      if (changed !== undefined) throw new RunError(`${this.path} holds a run of another version of ${changed.id}; name another folder`)
      if (old.seed !== plan.seed) throw new RunError(`${this.path} holds a run with seed ${old.seed}, not ${plan.seed}; name another folder`)
    }
    mkdirSync(join(this.path, 'trials'), { recursive: true })
    this.#write(PLAN, plan)
  }

  #write(name: string, value: object): void {
    const path = join(this.path, name)
    writeFileSync(`${path}.part`, JSON.stringify(value))
    renameSync(`${path}.part`, path)
  }

  /** Throws RunError when this is no folder of a run. */
  plan(): RunPlan {
    const path = join(this.path, PLAN)
    if (!existsSync(path)) throw new RunError(`${this.path} holds no run (${PLAN}); see syntropism benchmark run --out`)
    const plan = readJson(path) as Omit<RunPlan, 'format'> & { readonly format: number }
    if (plan.format !== FORMAT) throw new RunError(`${path} has the format ${plan.format}; this version reads ${FORMAT}: run it again into another folder`)
    return { ...plan, format: FORMAT }
  }

  keep(trial: TrialResult): void {
    this.#write(join('trials', fileOf(trial.item, trial.seed, trial.repeat)), trial)
  }

  /** A trial kept before, or null. */
  find(item: string, seed: number, repeat: number): TrialResult | null {
    const path = join(this.path, 'trials', fileOf(item, seed, repeat))
    return existsSync(path) ? (readJson(path) as TrialResult) : null
  }

  keepJudgement({ item, repeat, seed }: TrialResult, judgement: Judgement): void {
    mkdirSync(join(this.path, 'judgements'), { recursive: true })
    this.#write(join('judgements', fileOf(item, seed, repeat)), judgement)
  }

  /** What models judged of a trial, or null. */
  judgement({ item, repeat, seed }: TrialResult): Judgement | null {
    const path = join(this.path, 'judgements', fileOf(item, seed, repeat))
    return existsSync(path) ? (readJson(path) as Judgement) : null
  }

  /** All trials, in the order of the plan's items, of seeds and of repeats. Throws RunError. */
  trials(): TrialResult[] {
    const order = this.plan().items.map((item) => item.id)
    return readdirSync(join(this.path, 'trials'))
      .filter((name) => name.endsWith('.json'))
      .map((name) => readJson(join(this.path, 'trials', name)) as TrialResult)
      .sort((a, b) => order.indexOf(a.item) - order.indexOf(b.item) || a.seed - b.seed || a.repeat - b.repeat)
  }
}
