import type { EconomyEvent } from '@syntropism/contract'
import { BURN, type State, balanceOf, circulatingMicro } from '@syntropism/economy'
import { CreditTrace, type Origin, type Part, ProvenanceError, type Use } from './trace.ts'

const CONVENTION =
  'First in, first out: an agent gives its oldest credits, a hold takes the oldest; what a hold returns goes back to the front; what a failing host returns are the last that the window burned.'

/** Some credits of one origin, and where they are: burned by a use, or still with an agent. */
export interface Flow {
  readonly origin: Origin
  readonly amount_micro: number
  /** Who burned them, or has them. */
  readonly agent_id: string
  /** What burned them; null for what is still there. */
  readonly use: Omit<Use, 'agent_id' | 'parts'> | null
}

export interface ProvenanceReport {
  readonly convention: string
  readonly seq: number
  readonly totals: ReturnType<CreditTrace['totals']>
  readonly origins: readonly Origin[]
  readonly flows: readonly Flow[]
}

const flowsOf = (parts: readonly Part[], agentId: string, use: Flow['use']): Flow[] =>
  parts.map(({ amount_micro, origin }) => ({ agent_id: agentId, amount_micro, origin, use }))

/** What is counted both ways must be the same to the micro-credit. */
function assertReconciled(totals: ProvenanceReport['totals'], { ledger }: State): void {
  const book = {
    burned_micro: balanceOf(ledger, BURN),
    circulating_micro: circulatingMicro(ledger),
    granted_micro: ledger.granted_micro,
    rewarded_micro: ledger.rewarded_micro,
  }
  for (const key of ['burned_micro', 'circulating_micro', 'granted_micro', 'rewarded_micro'] as const)
    if (totals[key] !== book[key]) throw new ProvenanceError(`${key} comes to ${totals[key]}, the ledger has ${book[key]}`)
}

/**
 * From the score, or grant, that minted credits to the use that burned them; every micro-credit is in one flow. `state` is that after the last event.
 * Throws ProvenanceError when the events do not come to what the state's ledger has.
 */
export async function provenanceOf(events: AsyncIterable<EconomyEvent>, state: State): Promise<ProvenanceReport> {
  const trace = new CreditTrace()
  for await (const event of events) if (event.seq <= state.seq) trace.take(event)
  const totals = trace.totals()
  assertReconciled(totals, state)
  const burned = trace.uses().flatMap(({ agent_id, parts, ...use }) => flowsOf(parts, agent_id, use))
  const kept = trace.held().flatMap(({ agent_id, parts }) => flowsOf(parts, agent_id, null))
  return { convention: CONVENTION, flows: [...burned, ...kept], origins: trace.origins, seq: state.seq, totals }
}
