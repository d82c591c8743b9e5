import type { Client } from '@syntropism/sdk/node'
import type { Task, TaskDone } from '../tasks/task.ts'
import type { Done } from './act.ts'
import type { Beliefs } from './plan.ts'
import type { Observation } from './observe.ts'

/** Says what came of the window, in figures. */
export async function reflect(client: Client, seen: Observation, done: Done, beliefs: Beliefs): Promise<void> {
  const after = await client.self()
  const spent = seen.self.paid_micro / 1_000_000
  const judged = seen.prompts.filter((prompt) => prompt.credits_awarded_micro !== null)
  const earned = judged.reduce((sum, prompt) => sum + (prompt.credits_awarded_micro ?? 0), 0) / 1_000_000
  const mean = beliefs.reward_mean_micro
  await client.report('reflection', {
    adjustments_planned:
      mean === null ? 'none: no human has judged a report yet' : `prompt as long as the mean reward of ${(mean / 1_000_000).toFixed(2)} credits pays for it`,
    metrics: { credits_earned: earned, credits_spent: spent, net_change: (after.balance_micro - seen.self.balance_micro) / 1_000_000 },
    outcome_assessment: done.failed.length === 0 ? 'success' : done.worked.length > 0 ? 'partial_success' : 'failure',
    trigger: 'cycle_end',
    what_failed: done.failed.join('; '),
    what_worked: done.worked.join(', '),
  })
}

/** Says how a task went. What it costs and brings is told where it could be reckoned. */
export async function reflectOnTask(client: Client, task: Task, { did, expected_net, failed }: TaskDone): Promise<void> {
  const { balance_micro } = await client.balance(task.agent_id)
  await client.report('reflection', {
    adjustments_planned: failed === null ? 'none: the task is done, and I sleep rather than buy a window for nothing' : 'try another way when it comes again',
    metrics: { credits_earned: 0, credits_spent: Math.max(0, task.figures.balance - balance_micro / 1_000_000), net_change: expected_net ?? 0 },
    outcome_assessment: failed === null ? 'success' : 'partial_success',
    trigger: 'task_completion',
    what_failed: failed ?? '',
    what_worked: did,
  })
}
