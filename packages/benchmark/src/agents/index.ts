import type { BuiltInAgent } from './agent.ts'
import { GREEDY, NOTHING, RANDOM } from './baselines.ts'
import { ORACLE } from './oracle.ts'
import { RULE } from './rule.ts'

export type { BuiltInAgent, Files } from './agent.ts'

/** Agents that run in this process, by name. */
export const BUILT_IN: Readonly<Record<string, BuiltInAgent>> = { greedy: GREEDY, nothing: NOTHING, oracle: ORACLE, random: RANDOM, rule: RULE }
