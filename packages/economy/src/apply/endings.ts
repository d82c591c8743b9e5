import { endPrompt } from '../attention/index.ts'
import { closeExecutorLeases, endLease, meterSold } from '../leases/index.ts'
import { closeAgent } from '../lifecycle/index.ts'
import { endDealings } from '../services/index.ts'
import { endToolCalls } from '../tools/index.ts'
import { type Agent, type Step, agentOf } from '../state/index.ts'

/** Buries an agent: prompt withdrawn, dealings ended, window closed, then bids and estate. */
export function bury(step: Step, agent: Agent, cause: 'economic' | 'killed', reason: string): void {
  const { state } = step
  const prompt = state.prompts.get(agent.prompt_id ?? '')
  if (prompt !== undefined) endPrompt(step, prompt, 'agent_dead')
  endDealings(step, agent)
  endToolCalls(step, agent)
  for (const lease of [...state.leases.values()]) {
    if (lease.agent_id !== agent.agent_id) continue
    endLease(step, lease, {
      cause: 'agent_dead',
      cpu_ms: 0,
      detail: reason,
      elapsed_ms: lease.started_at_ms === null ? 0 : state.at_ms - lease.started_at_ms,
      exit_code: null,
      memory_mb_ms: 0,
      memory_peak_mb: 0,
      served_until_ms: state.at_ms,
    })
  }
  meterSold(step)
  closeAgent(step, agent, cause, reason)
}

/** Closes what an executor ran, with the host as cause. */
export function dropExecutor(step: Step, executorId: string, reason: string): void {
  closeExecutorLeases(step, executorId, reason)
  step.state.executors.delete(executorId)
  step.state.book_changed = true
  meterSold(step)
}

/** An operator's kill. */
export const killAgent = (step: Step, agentId: string, reason: string): void => bury(step, agentOf(step.state, agentId), 'killed', reason)
