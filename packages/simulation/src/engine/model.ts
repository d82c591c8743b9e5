import type { Activation, Population } from '../population/index.ts'
import type { ParamTable, ParamValues } from './params.ts'
import type { Time, World } from './world.ts'

/** Who acts now: `order[offset … offset + length − 1]`, in this order. */
export interface Turn {
  readonly step: number
  readonly at_ms: number
  readonly order: Int32Array
  readonly offset: number
  readonly length: number
}

/** One population's part of a step. */
export interface Stage {
  readonly population: Population
  step(turn: Turn): void
}

/** Named numbers: what a run shows. */
export type Figures = Readonly<Record<string, number>>

/** A tree or table that a model hands over at its end, for results and plots. */
export interface Extra {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (number | string)[])[]
}

export interface Running {
  /** In the order in which they act in each step. */
  readonly stages: readonly Stage[]
  /** Called before the stages of each step, for what is nobody's own: prices, clearing of the last step. */
  begin?(step: number): void
  /** Called after the stages of each step. */
  end?(step: number): void
  /** The model's own figures; those of the ledger and the populations are added by the engine. */
  observe(): Figures
  /** Tables for the report. */
  extras?(): readonly Extra[]
  /** Everything that the model keeps outside ledger, populations, streams of chance and economy, as plain data; null when that is nothing. Without it a run cannot be taken up again. */
  save?(): unknown
  /** Puts back what `save` gave, into a model that was set up anew. */
  resume?(saved: never): void
}

/** A model: parameters, populations, a step for each, and what to observe. Deterministic: chance comes from `world.random(use)` alone. */
export interface Model {
  readonly name: string
  readonly title: string
  /** Publication or definition it follows. */
  readonly source: string
  readonly params: ParamTable
  readonly agents: { readonly default: number; readonly min: number }
  readonly steps: number
  /** The first is the default. */
  readonly activations: readonly Activation[]
  readonly times: readonly Time[]
  /** Whether it can go on from the state of an economy. */
  readonly forks?: boolean
  /** Whether it needs a solver under these parameters. */
  readonly asks_solver?: (values: ParamValues) => boolean
  /** The scripts of its agents, for models that have some: they run live too. */
  readonly strategies?: { readonly params: ParamTable; roles(values: ParamValues): readonly object[] }
  setup(world: World): Running
}

/** Mean time between two activations of a member, and length of a step in virtual time. */
export const STEP_MS = 1000
