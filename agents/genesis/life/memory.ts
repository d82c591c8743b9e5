import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { PromptView } from '@syntropism/sdk/node'
import type { Beliefs, Plan, Situation } from './plan.ts'
import { type StudyMemory, emptyStudyMemory } from './study.ts'

/** One window as it was lived: what was seen, what was decided, what came of it. */
export interface Cycle {
  readonly beliefs: Beliefs
  readonly paid_micro: number
  readonly plan: Pick<Plan, 'decision' | 'prompt_bid_micro' | 'standing'>
  readonly prompt_id: string | null
  /** What its prompt brought; null as long as nobody has judged it. */
  reward_micro: number | null
  readonly situation: Situation
}

export interface Change {
  readonly after: string
  readonly before: string
  readonly file: string
  readonly id: string
  /** Applied at which window. */
  readonly since: number
  verdict: 'on trial' | 'kept' | 'rolled back' | 'rejected'
}

export interface Child {
  readonly agent_id: string
  readonly changed: string
}

/** What was tried in tasks, and how it went. */
export interface Tried {
  count: number
  expected_net: number | null
  failed: string | null
}

/** The small store that outlives windows: memory.json. */
export interface Memory {
  beliefs: Beliefs
  readonly changes: Change[]
  readonly children: Child[]
  readonly cycles: Cycle[]
  /** Windows that ended as they should: one that is begun and not ended was a crash. */
  ended: number
  readonly model: { malformed: number; picks: number; takes_tools: boolean; vetoed: number }
  readonly study: StudyMemory
  todos: readonly { readonly done: boolean; readonly what: string }[]
  readonly tried: Record<string, Tried>
  windows: number
}

const FILE = 'memory.json'
const CYCLES_MAX = 60
const CHANGES_MAX = 8

export const emptyMemory = (): Memory => ({
  beliefs: { reward_mean_micro: null, rewards: 0, window_mean_micro: null },
  changes: [],
  children: [],
  cycles: [],
  ended: 0,
  model: { malformed: 0, picks: 0, takes_tools: true, vetoed: 0 },
  study: emptyStudyMemory(),
  todos: [],
  tried: {},
  windows: 0,
})

/** What is remembered; a store that is missing, broken or of another shape begins anew. */
export function readMemory(): Memory {
  const empty = emptyMemory()
  try {
    const kept = JSON.parse(readFileSync(FILE, 'utf8')) as Memory
    const sound = Array.isArray(kept.cycles) && Array.isArray(kept.changes) && typeof kept.windows === 'number' && typeof kept.study.errors === 'object'
    return sound ? { ...empty, ...kept } : empty
  } catch {
    return empty
  }
}

/** Written whole or not at all. */
export function writeMemory(memory: Memory): void {
  writeFileSync(`${FILE}.part`, JSON.stringify(memory))
  renameSync(`${FILE}.part`, FILE)
}

/** Books what came in since the last window, and moves the beliefs. */
export function learn(memory: Memory, situation: Situation, prompts: readonly PromptView[]): void {
  for (const cycle of memory.cycles) {
    const judged = prompts.find((prompt) => prompt.prompt_id === cycle.prompt_id)
    if (cycle.reward_micro === null && judged?.credits_awarded_micro != null) cycle.reward_micro = judged.credits_awarded_micro
  }
  const rewards = memory.cycles.flatMap((cycle) => (cycle.reward_micro === null ? [] : [cycle.reward_micro]))
  const before = memory.beliefs.window_mean_micro
  memory.beliefs = {
    reward_mean_micro: rewards.length === 0 ? null : Math.round(rewards.reduce((sum, one) => sum + one, 0) / rewards.length),
    rewards: rewards.length,
    window_mean_micro: Math.round(before === null ? situation.window_micro : before * 0.9 + situation.window_micro * 0.1),
  }
}

export function recordCycle(memory: Memory, cycle: Cycle): void {
  memory.cycles.push(cycle)
  memory.cycles.splice(0, Math.max(0, memory.cycles.length - CYCLES_MAX))
}

export function recordChange(memory: Memory, change: Change): void {
  memory.changes.push(change)
  memory.changes.splice(0, Math.max(0, memory.changes.length - CHANGES_MAX))
}

export function recordTried(memory: Memory, name: string, expected_net: number | null, failed: string | null): void {
  memory.tried[name] = { count: (memory.tried[name]?.count ?? 0) + 1, expected_net, failed }
}

/** What a window came to: its price out, its prompt's bid out and reward in. Null as long as its prompt is not judged. */
export function profitMicro({ paid_micro, plan, prompt_id, reward_micro }: Cycle): number | null {
  if (prompt_id === null) return -paid_micro
  return reward_micro === null ? null : reward_micro - paid_micro - (plan.prompt_bid_micro ?? 0)
}
