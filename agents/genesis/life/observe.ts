import type { BookBid, Client, Message, Neighbour, PricePoint, PromptView, Resource, Self, Service, Transfer } from '@syntropism/sdk/node'
import type { Situation } from './plan.ts'

/** Everything one window looks at before it decides. */
export interface Observation {
  readonly book: readonly BookBid[]
  readonly cpu_prices: readonly PricePoint[]
  readonly history: readonly Transfer[]
  readonly inbox: readonly Message[]
  readonly market: readonly Resource[]
  readonly neighbours: readonly Neighbour[]
  readonly prompts: readonly PromptView[]
  readonly self: Self
  readonly services: readonly Service[]
}

/** Calls one after the other: the same world is seen in the same order. */
export async function observe(client: Client): Promise<Observation> {
  const self = await client.self()
  await client.balance(self.agent_id)
  return {
    book: await client.book(),
    cpu_prices: await client.prices({ limit: 60, resource: 'cpu' }),
    history: await client.history(self.agent_id, 100),
    inbox: await client.inbox(),
    market: await client.market(),
    neighbours: await client.directory(),
    prompts: await client.prompts(),
    self,
    services: await client.services(),
  }
}

/** Slot of attention that a prompt bids for. */
const PROMPT_SLOT_MS = 60_000
/** Share sold from which on room is what bids compete for. */
const SCARCE_PPM = 800_000
const PPM = 1_000_000

const price = (seen: Observation, resource: string, floor = false): number => {
  const found = seen.market.find((one) => one.resource === resource)
  return (floor ? found?.floor_micro_per_s : found?.price_micro_per_s) ?? 0
}
const capacity = (seen: Observation, resource: string): number => Math.max(1, seen.market.find((one) => one.resource === resource)?.capacity ?? 1)

/** Reserve cost of this agent's next window at current or floor prices, rounded up: that of its standing bid, or of a bundle like the one it has. */
function windowCostMicro(seen: Observation, floor: boolean): number {
  const { cpu_millicores, memory_mb, standing_bid } = seen.self
  const held = { cpu: (cpu_millicores / capacity(seen, 'cpu')) * PPM, memory: (memory_mb / capacity(seen, 'memory')) * PPM }
  const shares = Object.entries(standing_bid?.bundle ?? held).filter((one): one is [string, number] => typeof one[1] === 'number')
  const perSecond = shares.reduce((sum, [resource, share]) => sum + (price(seen, resource, floor) * share) / PPM, 0)
  return Math.ceil((perSecond * (standing_bid?.duration_ms ?? 3000)) / 1000)
}

/** The figures of an observation that decisions rest on: small enough to be kept. */
export function situationOf(seen: Observation): Situation {
  const rivals = seen.book.filter(
    (bid) => bid.prompt_id === null && bid.agent_id !== seen.self.agent_id && bid.not_before_ms <= seen.self.now_ms && bid.offered_micro >= bid.reserve_micro,
  )
  return {
    at_ms: seen.self.now_ms,
    attention_micro: Math.ceil((price(seen, 'attention') * PROMPT_SLOT_MS) / 1000 / capacity(seen, 'attention')),
    balance_micro: seen.self.balance_micro,
    living: seen.neighbours.filter((agent) => agent.status !== 'dead').length,
    prompt_open: seen.self.prompt_id !== null,
    rival_micro: Math.max(0, ...rivals.map((bid) => bid.offered_micro)),
    scarce: (seen.market.find((one) => one.resource === 'cpu')?.utilisation_ppm ?? 0) >= SCARCE_PPM && rivals.length > 0,
    window_floor_micro: windowCostMicro(seen, true),
    window_micro: windowCostMicro(seen, false),
  }
}
