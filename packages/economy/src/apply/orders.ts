import type { Audit, Command, CommandOf, EventData } from '@syntropism/contract'
import { eventIdPrefix } from '../codec/index.ts'
import { endLease, meterSold } from '../leases/index.ts'
import { type Step, emit } from '../state/index.ts'

/** What of a command is no detail of the order: who, when and what was posted stand elsewhere, and hashes of tokens are nobody's business. */
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
  'transfers',
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
