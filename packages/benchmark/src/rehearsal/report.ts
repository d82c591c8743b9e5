import type { EconomyEvent } from '@syntropism/contract'
import type { ProgramEnd } from '../program/index.ts'

/** One window of the agent: what it bought, and how its program ended on this machine. */
export interface RehearsalWindow {
  readonly calls: number
  readonly cause: ProgramEnd['cause']
  readonly cpu_ms: number
  readonly detail: string
  readonly elapsed_ms: number
  readonly execution_id: string
  readonly exit_code: number | null
  readonly memory_peak_mb: number
  readonly paid_micro: number
  readonly refunded_micro: number
}

export interface RehearsalReport {
  readonly agent: string
  readonly balance: { readonly end_micro: number; readonly start_micro: number }
  readonly bids: { readonly placed: number; readonly refused: Readonly<Record<string, number>> }
  readonly children: number
  readonly earned_micro: number
  /** Calls that were refused, by tool and code. */
  readonly errors: readonly { readonly code: string; readonly count: number; readonly tool: string }[]
  readonly llm_micro_usd: number
  readonly messages_sent: number
  /** What a reader should know; none of it is a reason against the agent. */
  readonly notes: readonly string[]
  readonly prompts: { readonly filed: number; readonly scored: number }
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[]
  readonly sandbox: string
  readonly spent_micro: number
  readonly verdict: 'not_ready' | 'ready'
  readonly windows: readonly RehearsalWindow[]
}

export interface RehearsalFacts {
  readonly agent_id: string
  readonly end_micro: number
  readonly ends: readonly { readonly end: ProgramEnd; readonly execution_id: string }[]
  readonly events: readonly EconomyEvent[]
  /** Windows that were to be had. */
  readonly expected: number
  readonly sandbox: string
  readonly start_micro: number
  /** Whether its windows were paid for it: it has no standing bid. */
  readonly was_paid_for: boolean
}

type Data = Readonly<Record<string, unknown>>
const count = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
const credits = (micro: number): string => (micro / 1_000_000).toFixed(2)

function windowsOf({ ends, events }: RehearsalFacts): RehearsalWindow[] {
  return ends.map(({ end, execution_id }) => {
    const receipt = events.find((event) => event.type === 'execution_terminated' && event.data.execution_id === execution_id)?.data as Data | undefined
    const [first, last] = [
      events.findIndex((event) => event.type === 'execution_started' && event.data.execution_id === execution_id),
      events.findIndex((event) => event.type === 'execution_terminated' && event.data.execution_id === execution_id),
    ]
    const calls = events.slice(first, last < 0 ? undefined : last).filter((event) => event.type === 'tool_call_initiated').length
    return { ...end, calls, execution_id, paid_micro: Number(receipt?.paid_micro ?? 0), refunded_micro: Number(receipt?.refunded_micro ?? 0) }
  })
}

/** Why an agent is not ready for a real economy. */
function reasonsOf(windows: readonly RehearsalWindow[], { expected }: RehearsalFacts): string[] {
  if (windows.length === 0) return ['it never held a window: look at its standing bid, its limit and its start credits']
  const bad = windows.filter((window) => window.cause !== 'completed')
  const causes = Object.entries(count(bad.map((window) => window.cause))).map(([cause, times]) => `${times} of ${windows.length} windows ended with ${cause}`)
  const few = windows.length < expected ? [`it held ${windows.length} of ${expected} windows within the time: it stopped bidding, or could not pay`] : []
  return [...causes, ...few]
}

/** What an agent did, from the event log and from how its programs ended. */
export function reportOf(facts: RehearsalFacts): RehearsalReport {
  const { agent_id, end_micro, events, start_micro } = facts
  const own = events.filter((event) => event.agent_id === agent_id)
  const dataOf = (type: EconomyEvent['type'], from: readonly EconomyEvent[] = own): Data[] =>
    from.filter((event) => event.type === type).map((event) => event.data)
  const windows = windowsOf(facts)
  const failed = dataOf('tool_call_completed').filter((data) => data.result === 'failure')
  const errors = Object.entries(count(failed.map((data) => `${String(data.tool_name)} ${String((data.response as Data).error)}`)))
  const scored = dataOf('human_reward_issued', events).filter((data) => data.agent_id === agent_id)
  const earned_micro = scored.reduce((sum, data) => sum + Number(data.credits_awarded_micro), 0)
  const spent_micro = windows.reduce((sum, window) => sum + window.paid_micro - window.refunded_micro, 0)
  const reasons = reasonsOf(windows, facts)
  const calls = windows.reduce((sum, window) => sum + window.calls, 0)
  const perWindow = windows.length === 0 ? 0 : (start_micro + earned_micro - end_micro) / windows.length
  return {
    agent: agent_id,
    balance: { end_micro, start_micro },
    bids: { placed: dataOf('bid_placed').length, refused: count(dataOf('bid_rejected').map((data) => String(data.reason))) },
    children: dataOf('agent_spawned', events).filter((data) => data.parent_id === agent_id).length,
    earned_micro,
    errors: errors.map(([name, times]) => ({ code: name.split(' ')[1] ?? '', count: times, tool: name.split(' ')[0] ?? '' })),
    llm_micro_usd: dataOf('execution_terminated', events)
      .filter((data) => data.agent_id === agent_id)
      .reduce((sum, data) => sum + Number(data.spend_micro_usd), 0),
    messages_sent: dataOf('message_sent').length,
    notes: [
      ...(windows.length > 0 && calls === 0 ? ['it called no operation of the System Service'] : []),
      ...(facts.was_paid_for ? ['it has no standing bid: its windows were bought for it'] : []),
      ...(perWindow > 0 && !facts.was_paid_for
        ? [
            `a window costs it ${credits(perWindow)} credits, all told: without income its ${credits(start_micro)} last ${Math.floor(start_micro / perWindow)} windows`,
          ]
        : []),
    ],
    prompts: { filed: dataOf('prompt_filed').length, scored: scored.length },
    reasons,
    sandbox: facts.sandbox,
    spent_micro,
    verdict: reasons.length === 0 ? 'ready' : 'not_ready',
    windows,
  }
}
