import type { Bid, State } from '@syntropism/economy'

export const RESOURCES = ['attention', 'cpu', 'llm', 'memory'] as const
export type Amounts = Readonly<Record<(typeof RESOURCES)[number], bigint>>

/** An eligible bid, read from the state anew. */
export interface Offer {
  readonly agent_id: string
  readonly bid_id: string
  readonly duration_ms: number
  readonly offer: bigint
  readonly order: number
  readonly payer_id: string
  readonly reserve: bigint
  readonly wants: Amounts
}

export interface Room {
  readonly executor_id: string
  cpu: bigint
  memory: bigint
}

/** Room kept for one starving bid from an instant on; `spare` is what others may still hold then. */
export interface Kept {
  readonly bid_id: string
  readonly executor_id: string | null
  readonly spare: { attention: bigint; cpu: bigint; llm: bigint; memory: bigint }
  readonly starts_at_ms: number
}

/** What a clearing started from, as the auditor sees it. */
export interface Seen {
  readonly at_ms: number
  attention: bigint
  readonly bids_count: number
  readonly book_hash: string
  readonly kept: Kept | null
  llm: bigint
  readonly mechanism: string
  readonly offers: readonly Offer[]
  readonly payment_rule: string
  readonly rooms: Room[]
}

const MILLION = 1_000_000n
const upward = (value: bigint, divisor: bigint): bigint => (value + divisor - 1n) / divisor

function totalsOf(state: State): Amounts {
  let cpu = 0
  let memory = 0
  for (const executor of state.executors.values()) {
    cpu += executor.cpu
    memory += executor.memory
  }
  const llm = state.params.llm_micro_usd_per_minute - state.params.llm_keys_micro_usd_per_minute
  return {
    attention: BigInt([...state.humans.values()].filter((human) => human.on_duty).length),
    cpu: BigInt(cpu),
    llm: BigInt(llm > 0 ? llm : 0),
    memory: BigInt(memory),
  }
}

function offerOf(state: State, bid: Bid, totals: Amounts): Offer | null {
  const slot = totals.attention === 0n ? MILLION : MILLION / totals.attention
  const shares: Readonly<Partial<Record<(typeof RESOURCES)[number], number | undefined>>> = bid.prompt_id === null ? bid.bundle : { attention: Number(slot) }
  if (bid.not_before_ms > state.at_ms) return null
  if (RESOURCES.some((resource) => shares[resource] !== undefined && totals[resource] === 0n)) return null
  if (bid.prompt_id === null) {
    if (state.paused.everyone || state.paused.agents.has(bid.agent_id)) return null
    if (shares.cpu !== undefined && state.agents.get(bid.agent_id)?.lease_id !== null) return null
  } else if (state.prompts.get(bid.prompt_id)?.lease_id !== null) return null
  let cost = 0n
  for (const resource of RESOURCES) cost += BigInt(shares[resource] ?? 0) * BigInt(state.meters[resource].price_micro_per_s)
  const reserve = upward(cost * BigInt(bid.duration_ms), MILLION * 1000n)
  const most = BigInt(bid.amount_micro)
  const wished =
    bid.margin_ppm !== null
      ? upward(reserve * (MILLION + BigInt(bid.margin_ppm)), MILLION)
      : state.params.payment_rule === 'posted'
        ? reserve + BigInt(bid.tip_micro)
        : most
  const offer = wished < most ? wished : most
  if (offer < reserve) return null
  const up = (resource: (typeof RESOURCES)[number]): bigint => upward(BigInt(shares[resource] ?? 0) * totals[resource], MILLION)
  const wants = { attention: up('attention'), cpu: up('cpu'), llm: (BigInt(shares.llm ?? 0) * totals.llm) / MILLION, memory: up('memory') }
  return { agent_id: bid.agent_id, bid_id: bid.bid_id, duration_ms: bid.duration_ms, offer, order: bid.order, payer_id: bid.payer_id, reserve, wants }
}

type Free = Pick<Seen, 'attention' | 'llm' | 'rooms'>

function freeOf(state: State, totals: Amounts): Free {
  const rooms = [...state.executors.values()].map(({ cpu, executor_id, memory }) => ({ cpu: BigInt(cpu), executor_id, memory: BigInt(memory) }))
  rooms.sort((a, b) => (a.executor_id < b.executor_id ? -1 : 1))
  const free = { attention: totals.attention, llm: totals.llm, rooms }
  for (const lease of state.leases.values()) giveOrTake(free, lease, -1n)
  return free
}

function giveOrTake(
  free: Free,
  lease: { executor_id: string | null; quantities: Record<'attention' | 'cpu' | 'llm' | 'memory', number> },
  sign: 1n | -1n,
): void {
  free.attention += sign * BigInt(lease.quantities.attention)
  free.llm += sign * BigInt(lease.quantities.llm)
  for (const room of free.rooms) {
    if (room.executor_id !== lease.executor_id) continue
    room.cpu += sign * BigInt(lease.quantities.cpu)
    room.memory += sign * BigInt(lease.quantities.memory)
  }
}

export const positive = (value: bigint): bigint => (value > 0n ? value : 0n)

/** Executors in the order in which a bid is placed: the most cpu left, then memory, then the lowest id. */
export const byRoomLeft = (a: Room, b: Room): number => Number(b.cpu - a.cpu) || Number(b.memory - a.memory) || (a.executor_id < b.executor_id ? -1 : 1)

/** The earliest instant from which the starving bid could run if nothing else began, on the executor with the most left then. */
function keptFor(state: State, offers: readonly Offer[], free: Free): Kept | null {
  const { starving, params } = state
  if (params.starvation_ms === 0 || starving === null || state.at_ms < starving.since_ms + params.starvation_ms) return null
  const own = offers.find((offer) => offer.bid_id === starving.bid_id)
  if (own === undefined) return null
  const later: Free = { ...free, rooms: free.rooms.map((room) => ({ ...room })) }
  const ending = [...state.leases.values()]
    .map((lease, place) => ({ lease, place }))
    .sort((a, b) => a.lease.ends_at_ms - b.lease.ends_at_ms || a.place - b.place)
  let startsAt = state.at_ms
  for (;;) {
    const fitting = later.rooms.filter((room) => room.cpu >= own.wants.cpu && room.memory >= own.wants.memory)
    fitting.sort(byRoomLeft)
    const room = own.wants.cpu > 0n ? fitting[0] : null
    if (room !== undefined && own.wants.attention <= positive(later.attention) && own.wants.llm <= positive(later.llm))
      return {
        bid_id: own.bid_id,
        executor_id: room?.executor_id ?? null,
        spare: {
          attention: later.attention - own.wants.attention,
          cpu: (room?.cpu ?? 0n) - own.wants.cpu,
          llm: later.llm - own.wants.llm,
          memory: (room?.memory ?? 0n) - own.wants.memory,
        },
        starts_at_ms: startsAt,
      }
    const next = ending.shift()
    if (next === undefined) return null
    giveOrTake(later, next.lease, 1n)
    startsAt = next.lease.ends_at_ms
  }
}

/**
 * What a clearing starts from: supply, eligible bids and the kept room, derived from the state by code of its own that shares nothing with the
 * economy's. Copied, since the clearing changes the state.
 */
export function see(state: State): Seen {
  const totals = totalsOf(state)
  const offers = [...state.bids.values()].flatMap((bid) => offerOf(state, bid, totals) ?? [])
  const free = freeOf(state, totals)
  return {
    ...free,
    at_ms: state.at_ms,
    bids_count: state.bids.size,
    book_hash: state.book_hash,
    kept: keptFor(state, offers, free),
    mechanism: state.params.mechanism,
    offers,
    payment_rule: state.params.payment_rule,
  }
}
