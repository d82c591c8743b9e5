import type { TaskOption, Variant } from '../scenario/index.ts'
import { type OptionCall, callsOf } from './calls.ts'

/** What an agent is told: the answer of `GET /task`. It names no item, and no condition. */
export interface Task {
  readonly agent_id: string
  /** Names of the files in its workspace. */
  readonly files: readonly string[]
  readonly figures: Readonly<Record<string, unknown>>
  readonly goal: string
  readonly options: readonly (TaskOption & { readonly calls: readonly OptionCall[] })[]
  readonly task: string
}

export const taskOf = (variant: Variant, agentId: string): Task => ({
  agent_id: agentId,
  files: Object.keys(variant.world.files),
  figures: variant.brief.figures,
  goal: variant.brief.goal,
  options: variant.brief.options.map((option) => ({ ...option, calls: callsOf(option, variant) })),
  task: variant.brief.task,
})
