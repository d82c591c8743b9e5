import type { EconomyEvent } from '@syntropism/contract'
import { type Bid, type State, bundleOf, currentReserveMicro, microToCredits, offeredMicro } from '@syntropism/economy'
import { Inquiries, type LowestWinning, readEvents, stateAt } from '@syntropism/runtime'
import { describeEvent, explainEvent } from '../terminal/describe.ts'
import { credits, percent } from '../terminal/format.ts'
import { lazySolver } from '../live/live-solver.ts'
import { type Local, type LocalFlags, openLocal, print } from '../terminal/local.ts'
import { watchedReads } from '../terminal/watched-reads.ts'
import { pastState } from '../archive/past.ts'

export interface WhyFlags extends LocalFlags {
  /** Longest time of one solve under `exact`. */
  readonly solveLimitMs: number
}
type Place = Local & Pick<WhyFlags, 'solveLimitMs'>

interface Answer {
  readonly answer: string
  readonly proof: readonly EconomyEvent[]
}

/** What would win, by clearing the book again where the rule needs it. */
async function lowestOf(state: State, bid: Bid, limitMs: number): Promise<LowestWinning> {
  const inquiries = new Inquiries(lazySolver(), limitMs)
  const lowest = await inquiries.lowestWinning(state, bid)
  await inquiries.close()
  return lowest
}

function sayLowest({ amount_micro: amount, clearings, is_estimate: isEstimate }: LowestWinning, mechanism: string, wins: string): string {
  if (amount === null) return `no price was found at which it could ${wins}: it is not eligible, there is no room for it, or price has no part`
  const how = isEstimate ? ', an estimate' : clearings === 0 ? '' : `, seen by clearing again ${clearings} times`
  return `${microToCredits(amount)} credits would ${wins} under ${mechanism}${how}`
}

/** A bid that ended without a window: what the event says, or where that is an estimate, the same seen in the book just before. */
async function lowestAtEnd(
  event: EconomyEvent & { readonly type: 'bid_rejected' | 'bid_withdrawn' },
  bidId: string,
  { queries, solveLimitMs }: Place,
): Promise<string> {
  const { lowest_winning_is_estimate: isEstimate, lowest_winning_micro: told } = event.data
  if (isEstimate !== true) return told === null ? 'it could not have won at any price then' : `${microToCredits(told)} credits would have won`
  const { state } = await stateAt(await watchedReads(queries), { seq: event.seq }, 'before')
  const bid = state.bids.get(bidId)
  const estimate = `about ${credits(told ?? 0)} credits would have won`
  return bid === undefined ? estimate : `${estimate}; just before, ${sayLowest(await lowestOf(state, bid, solveLimitMs), state.params.mechanism, 'have won')}`
}

/** An open bid beside the rest of the book as the journal leaves it: what would win. */
async function whyOpen(local: Place, bidId: string): Promise<string> {
  const state = await pastState(local, {})
  const bid = state.bids.get(bidId)
  if (bid === undefined) return `${bidId} is still open.`
  const offered = offeredMicro(state, bid)
  const reserve = currentReserveMicro(state, bundleOf(state, bid), bid.duration_ms)
  const lowest = await lowestOf(state, bid, local.solveLimitMs)
  const below = offered < reserve ? `, below its reserve of ${credits(reserve)}` : ''
  return `${bidId} is still open and offers ${credits(offered)} credits${below}; ${sayLowest(lowest, state.params.mechanism, 'win now')}.`
}

/** What became of a bid, and why; null when there is none of this id. */
async function whyBid(events: readonly EconomyEvent[], bidId: string, local: Place): Promise<Answer | null> {
  const proof = events.filter((event) => !event.type.startsWith('tool_call_') && JSON.stringify(event.data).includes(`"${bidId}"`))
  const won = proof.find((event) => event.type === 'resources_allocated')
  // Clearings that kept room for it name it as well.
  const cleared = proof.find((event) => event.type === 'market_cleared' && event.data.certificate.winners.some((winner) => winner.bid_id === bidId))
  const lapsed = proof.find((event) => event.type === 'bid_rejected')
  const withdrawn = proof.find((event) => event.type === 'bid_withdrawn')
  if (proof.length === 0) return null
  if (won?.type === 'resources_allocated' && cleared?.type === 'market_cleared') {
    const { certificate } = cleared.data
    const what = won.data.executor_id === null ? 'a slot of attention, and pays when a human judges it' : `with ${won.data.cost} credits`
    return {
      answer: `${bidId} won in ${certificate.clearing_id} ${what}: ${certificate.winners.length} of ${certificate.eligible_count} eligible bids won, the lowest at ${certificate.lowest_winning_micro === null ? '–' : credits(certificate.lowest_winning_micro)} (${certificate.mechanism}, ${certificate.payment_rule}${certificate.fallback === null ? '' : `, since ${certificate.fallback}`}).`,
      proof,
    }
  }
  if (lapsed?.type === 'bid_rejected')
    return {
      answer: `${bidId} ended without a window (${lapsed.data.reason}); ${await lowestAtEnd(lapsed, bidId, local)}.`,
      proof,
    }
  if (withdrawn?.type === 'bid_withdrawn')
    return {
      answer: `${bidId} was taken back (${withdrawn.data.reason})${withdrawn.data.lowest_winning_micro === null ? '' : `; ${await lowestAtEnd(withdrawn, bidId, local)}`}.`,
      proof,
    }
  return { answer: await whyOpen(local, bidId), proof }
}

/** Why an agent is as it is: the last turns of its life and what caused them. */
function whyAgent(events: readonly EconomyEvent[], agentId: string): Answer | null {
  const life = events.filter(
    (event) =>
      (event.agent_id === agentId || (event.type === 'agent_spawned' && event.data.child_id === agentId)) &&
      ['agent_created', 'agent_spawned', 'agent_dormant', 'agent_awake', 'agent_died', 'execution_terminated', 'human_reward_issued'].includes(event.type),
  )
  if (life.length === 0) return null
  const turn = life.findLast((event) => ['agent_dormant', 'agent_awake', 'agent_died'].includes(event.type))
  const last = life.at(-1) as EconomyEvent
  return {
    answer: `${agentId}: ${describeEvent(turn ?? last) ?? last.type}${turn === undefined || turn === last ? '' : `; last: ${describeEvent(last) ?? last.type}`}`,
    proof: life.slice(-8),
  }
}

/** Why a price stands where it does: the last change and the sold share it rests on. */
function whyPrice(events: readonly EconomyEvent[], what: string): Answer | null {
  const changes = events.filter((event) => event.type === 'price_update' && (event.data.resource === what || String(event.seq) === what))
  const change = changes.at(-1)
  if (change?.type !== 'price_update') return null
  const allocations = events
    .filter((event) => event.type === 'utilisation_changed' && event.data.resource === change.data.resource && event.seq < change.seq)
    .slice(-4)
  return {
    answer: `${change.data.resource} went from ${credits(change.data.old_price_micro_per_s)} to ${credits(change.data.new_price_micro_per_s)} credits/s (${change.data.reason}): on average ${percent(change.data.utilisation_ppm)} was sold in the period.`,
    proof: [...allocations, change],
  }
}

/** Answers from the log, with the events as proof. */
export async function runWhy(what: string, flags: WhyFlags): Promise<void> {
  const local = { ...(await openLocal(flags)), solveLimitMs: flags.solveLimitMs }
  const events = await readEvents(local.queries, { after_seq: 0, limit: Number.MAX_SAFE_INTEGER })
  const answer = /^bid-\d+$/.test(what) ? await whyBid(events, what, local) : (whyPrice(events, what) ?? whyAgent(events, what))
  if (answer === null)
    throw new Error(`nothing in the log is called ${what}; name a bid (bid-12), an agent, a resource or the sequence number of a price change`)
  print(flags, answer, () => [answer.answer, ...answer.proof.map((event) => `  #${event.seq} ${event.type} ${explainEvent(event)}`)].join('\n'))
}
