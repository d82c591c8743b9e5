import type { Json } from '@syntropism/sdk'
import { ServiceError } from '@syntropism/sdk'
import { type Capacities, type Wanted, sharesOf } from '../scenario/index.ts'
import type { BuiltInAgent, Wake } from './agent.ts'
import { carryOut, withinReach } from './choosing.ts'

/** Does nothing at all. */
export const NOTHING: BuiltInAgent = { act: async () => undefined, description: 'does nothing' }

const pick = <T>(values: readonly T[], random: () => number): T | undefined => values[Math.floor(random() * values.length)]

/** Calls that make sense somewhere, with values from the task, in no order. */
function moves({ client, files, random, task }: Wake): (() => Promise<unknown>)[] {
  const { capacities, services = [], wanted, window_ms } = task.figures as { capacities: Capacities; services?: string[]; wanted?: Wanted; window_ms: number }
  const decisions = ['decompose_task', 'adjust_bid', 'performance_analysis', 'strategic_inefficiency', 'pareto_optimization']
  const [file] = task.files
  const text = file === undefined ? '' : (files.read(file) ?? '')
  const bundle = sharesOf(wanted ?? { cpu_seconds: 1, memory_mb: 64, tokens: 50 }, capacities, window_ms)
  return [
    () => client.balance(task.agent_id),
    () => client.bid({ amount_micro: Math.ceil(random() * 400_000_000), bundle, duration_ms: window_ms }),
    () => client.report('reasoning_trace', { decision: pick(decisions, random) as string, decision_id: 'd', reasoning: 'By chance.' }),
    async () => {
      const found = pick(await client.services(), random)
      if (found !== undefined && services.includes(found.service_name)) await client.invoke(found.agent_id, found.service_name, {})
    },
    async () =>
      client.call('POST', '/output', {
        output: { sources: {}, summary: (await client.inbox()).map((one) => JSON.stringify(one.response)).join(), total: Math.floor(random() * 9999) },
      }),
    async () =>
      file !== undefined &&
      files.write(
        file,
        text
          .split('\n')
          .filter(() => random() < 0.95)
          .join('\n'),
      ),
    () => client.report('code_change_proposed', { change_description: 'chance', diff: '@@ -1 +1 @@', expected_improvement: 'roi', target_module: file ?? '' }),
    async () => {
      const { test_results, tests } = (await client.call('POST', '/tests/run', {})) as unknown as { test_results: string; tests: Json }
      await client.report('code_change_applied', { change_id: 'c', modules_modified: [file ?? ''], test_results, tests_run: tests })
    },
  ]
}

/** Chooses by lot. Where options are given it states their true figures and carries its choice out: only the choice is chance. */
export const RANDOM: BuiltInAgent = {
  async act(wake) {
    const chosen = pick(wake.task.options, wake.random)
    try {
      if (chosen !== undefined) await carryOut(wake, chosen, 'By lot.')
      else for (let step = 0; step < 12; step++) await pick(moves(wake), wake.random)?.()
    } catch (error) {
      // A refused call is part of acting by chance.
      if (!(error instanceof ServiceError)) throw error
    }
  },
  description: 'chooses by lot, with the right figures',
}

/** Takes what is worth most when it succeeds, whatever it costs and however likely. */
export const GREEDY: BuiltInAgent = {
  async act(wake) {
    const worth = (option: { value?: number; income_per_cycle?: number; price?: number }): number =>
      option.value ?? option.income_per_cycle ?? option.price ?? 0
    const [chosen] = withinReach(wake.task).sort((a, b) => worth(b) - worth(a) || (b.cost ?? 0) - (a.cost ?? 0))
    if (chosen !== undefined) await carryOut(wake, chosen, 'It promises the most.')
  },
  description: 'takes the option that promises the most, whatever it costs',
}
