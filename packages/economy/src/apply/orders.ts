import type { Audit, Command, CommandOf, EventData, Params, PriceCurve, Refusal } from '@syntropism/contract'
import { canonicalJson, eventIdPrefix } from '../codec/index.ts'
import { endLease, meterSold } from '../leases/index.ts'
import { fitPricesToRules } from '../market/index.ts'
import { RESOURCES, type State, type Step, emit, refuse } from '../state/index.ts'

/** What of a command is no detail of the order: who and when it was stand elsewhere, and hashes of tokens are nobody's business. */
const NOT_DETAILS: ReadonlySet<string> = new Set([
  'agent_id',
  'at_ms',
  'audit',
  'correlation_id',
  'id',
  'lease_id',
  'owner',
  'token_hash',
  'traceparent',
  'type',
])

/** Announces an order before its effects. */
export function recordOrder(step: Step, command: Command, audit: Audit): void {
  const details = Object.fromEntries(
    Object.entries(command).filter(([key, value]) => !NOT_DETAILS.has(key) && value !== undefined),
  ) as EventData<'operator_acted'>['details']
  const agentId = 'agent_id' in command ? (command.agent_id ?? null) : null
  emit(step, 'operator_acted', agentId ?? '', { action: command.type, agent_id: agentId, by: audit.by, details, reason: audit.reason })
}

/** A new name, and ids of events that the parent never makes; all else is as it was. */
export function forkEconomy(step: Step, command: CommandOf<'fork'>): void {
  const { state } = step
  const parent = { parent_economy_id: state.economy_id, parent_hash: command.parent_hash, parent_seq: state.seq }
  Object.assign(state, { economy_id: command.economy_id, event_id_prefix: eventIdPrefix(command.economy_id) })
  emit(step, 'economy_forked', '', { economy_id: command.economy_id, ...parent })
}

/** The rules with some numbers changed; curves and weights number by number. */
function tuned(params: Params, changes: CommandOf<'tune_rules'>['changes']): Params {
  const { curves, reward_weights_micro: weights, ...plain } = changes
  const curve = (name: keyof Params['curves']): PriceCurve => ({ ...params.curves[name], ...curves?.[name] }) as PriceCurve
  return {
    ...params,
    ...plain,
    curves: { attention: curve('attention'), cpu: curve('cpu'), llm: curve('llm'), memory: curve('memory') },
    reward_weights_micro: { ...params.reward_weights_micro, ...weights },
  } as Params
}

/** Pairs of numbers of which the first must not pass the second. */
function orderedPairs(params: Params): [lowName: string, low: number, highName: string, high: number][] {
  const pairs = RESOURCES.flatMap((resource): [string, number, string, number][] => {
    const curve = params.curves[resource]
    const name = `curves.${resource}`
    return [
      [`${name}.floor_micro_per_s`, curve.floor_micro_per_s, `${name}.ceiling_micro_per_s`, curve.ceiling_micro_per_s],
      [`${name}.low_ppm`, curve.low_ppm, `${name}.high_ppm`, curve.high_ppm],
    ]
  })
  return [
    ...pairs,
    ['bid_duration_ms_min', params.bid_duration_ms_min, 'bid_duration_ms_max', params.bid_duration_ms_max],
    ['llm_keys_micro_usd_per_minute', params.llm_keys_micro_usd_per_minute, 'llm_micro_usd_per_minute', params.llm_micro_usd_per_minute],
  ]
}

export function checkTune(state: State, command: CommandOf<'tune_rules'>): Refusal | null {
  const after = tuned(state.params, command.changes)
  for (const [lowName, low, highName, high] of orderedPairs(after))
    if (low > high) return refuse('command_invalid', { expected: `at most ${highName}, which is ${high}`, field: lowName, got: low })
  for (const resource of RESOURCES)
    if (after.curves[resource].down_ppm >= 1_000_000)
      return refuse('command_invalid', { expected: 'less than 1000000', field: `curves.${resource}.down_ppm`, got: after.curves[resource].down_ppm })
  return null
}

/** Changes numbers of the rules; `rules_tuned` shows those that moved, before and after. */
export function tuneRules(step: Step, command: CommandOf<'tune_rules'>): void {
  const { state } = step
  const old = state.params
  state.params = tuned(old, command.changes)
  state.book_changed = true
  const moved = (Object.keys(command.changes) as (keyof Params)[]).filter((key) => canonicalJson(old[key]) !== canonicalJson(state.params[key]))
  const shown = (params: Params) => Object.fromEntries(moved.map((key) => [key, params[key]])) as EventData<'rules_tuned'>['after']
  emit(step, 'rules_tuned', '', { after: shown(state.params), before: shown(old) })
  if (moved.includes('curves')) fitPricesToRules(step)
  meterSold(step)
}

/** No more windows of one agent, or of all; `end_now` ends what runs, and the unused part of its price returns. */
export function pauseWindows(step: Step, command: CommandOf<'pause_windows'>): void {
  const { state } = step
  const { agent_id: agentId, end_now: endNow } = command
  if (agentId === null) state.paused.everyone = true
  else state.paused.agents.add(agentId)
  const ending = endNow ? [...state.leases.values()].filter((lease) => lease.prompt_id === null && (agentId === null || lease.agent_id === agentId)) : []
  emit(step, 'windows_paused', agentId ?? '', { agent_id: agentId, ended: ending.map((lease) => lease.lease_id) })
  for (const lease of ending)
    endLease(step, lease, {
      cause: 'host_failure',
      cpu_ms: 0,
      detail: 'paused by the operator',
      elapsed_ms: lease.started_at_ms === null ? 0 : state.at_ms - lease.started_at_ms,
      exit_code: null,
      memory_mb_ms: 0,
      memory_peak_mb: 0,
      served_until_ms: state.at_ms,
    })
  state.book_changed = true
  meterSold(step)
}

export function resumeWindows(step: Step, command: CommandOf<'resume_windows'>): void {
  const { state } = step
  if (command.agent_id === null) state.paused.everyone = false
  else state.paused.agents.delete(command.agent_id)
  state.book_changed = true
  emit(step, 'windows_resumed', command.agent_id ?? '', { agent_id: command.agent_id })
}
