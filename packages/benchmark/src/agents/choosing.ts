import type { Body } from '@syntropism/sdk'
import { type Figures, type TaskOption, valuation } from '../scenario/index.ts'
import type { Task } from '../world/index.ts'
import type { Wake } from './agent.ts'

type Option = Task['options'][number]

/** Options that can be paid from the balance and end in time. */
export function withinReach({ figures, options }: Task): Option[] {
  const deadline = typeof figures.deadline_cycles === 'number' ? figures.deadline_cycles : Infinity
  return options.filter((option) => (option.cost ?? 0) <= Number(figures.balance) && (option.takes_cycles ?? 0) <= deadline)
}

export const netOf = (option: TaskOption, figures: Figures): number => valuation(option, figures).net

/** Reports the decision with the figures of every option, then makes its calls. A refused call ends it: what was decided cannot be done. */
export async function carryOut({ client, task }: Wake, chosen: Option, reasoning: string): Promise<void> {
  const estimates = Object.fromEntries(task.options.map((option) => [option.option, valuation(option, task.figures)]))
  await client.report('reasoning_trace', {
    alternatives_considered: task.options
      .filter((option) => option !== chosen)
      .map((option) => ({
        estimated_cost: valuation(option, task.figures).cost,
        option: option.option,
        rejected_reason: `net ${netOf(option, task.figures).toFixed(2)}`,
      })),
    context: { estimates },
    decision: chosen.option,
    decision_id: 'decision-1',
    reasoning,
  })
  for (const call of chosen.calls) await client.call(call.method, call.path, call.body as Body)
}
