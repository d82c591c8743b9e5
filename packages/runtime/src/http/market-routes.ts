import { z } from '@hono/zod-openapi'
import { AmountMicroOrZero, AtMs, Bundle, BundleAmounts, DurationMs, Id, RESOURCES, Resource, StandingBid } from '@syntropism/contract'
import {
  type Bid,
  bundleOf,
  candidatesOf,
  capacityOf,
  currentReserveMicro,
  curveOf,
  lowestWinningOf,
  offeredMicro,
  pricesNow,
  sharesOf,
} from '@syntropism/economy'
import { Inquiries } from '../inquiry/index.ts'
import { BidAnswer, BookBid, Clearing, Depth, Done, LowestWinning, MarketState, OwnBid, PricePoint, listOf } from './answers.ts'
import { Page, pageOf } from './economy-routes.ts'
import { Refused } from '../refusal/index.ts'
import { ALL_BUT_KEYS } from './principal.ts'
import { AnyJson, type App, Amount, type ServiceParts, addOperation, agentIn, amountOf } from './service.ts'

/** A bundle in shares of capacity, or in absolute amounts that are turned into shares. */
export const BundleOrAmounts = z.union([Bundle.clone().openapi('Bundle'), BundleAmounts.clone().openapi('BundleAmounts')])
/** A standing bid whose bundle may come as absolute amounts. */
export const StandingBidWanted = z.strictObject({ ...StandingBid.shape, bundle: BundleOrAmounts }).openapi('StandingBidWanted')

/** Shares that absolute amounts come to on this economy's capacity, rounded up. */
export function toBundle(state: ServiceParts['host']['state'], wanted: z.infer<typeof BundleOrAmounts>): Bundle {
  const amounts = BundleAmounts.safeParse(wanted).data
  if (amounts === undefined) return wanted as Bundle
  const whole = capacityOf(state)
  const parts = [
    ['cpu', amounts.cpu_millicores],
    ['memory', amounts.memory_mb],
    ['llm', amounts.llm_micro_usd_per_minute],
  ] as const
  for (const [resource, amount = 0] of parts) {
    if (amount > 0 && whole[resource] === 0) throw new Refused('resource_not_offered', { resource })
    if (amount > whole[resource])
      throw new Refused('bundle_over_capacity', { cpu_millicores: whole.cpu, llm_micro_usd_per_minute: whole.llm, memory_mb: whole.memory })
  }
  return sharesOf(amounts, whole)
}

function addReads(app: App, parts: ServiceParts): void {
  const { host, queries } = parts
  addOperation(app, parts, {
    handle: () => ({
      at_ms: host.now(),
      mechanism: host.state.params.mechanism,
      payment_rule: host.state.params.payment_rule,
      prices_micro_per_s: pricesNow(host.state),
      resources: RESOURCES.map((resource) => {
        const { capacity, price_micro_per_s, sold, sold_ppm } = host.state.meters[resource]
        const { floor_micro_per_s } = curveOf(host.state.params, resource)
        return { capacity, floor_micro_per_s, price_micro_per_s, resource, sold, utilisation_ppm: sold_ppm }
      }),
    }),
    answer: MarketState,
    method: 'get',
    path: '/market/state',
    roles: ALL_BUT_KEYS,
    summary: 'Price, capacity and sold share of each resource.',
    tag: 'market',
    tool: 'market.get_prices',
  })
  addOperation(app, parts, {
    handle: async ({ query }) => {
      const page = pageOf(query)
      let rows = queries.selectFrom('prices').selectAll().where('seq', '<', page.before_seq).orderBy('seq', 'desc').limit(page.limit)
      if (query.resource !== undefined) rows = rows.where('resource', '=', query.resource)
      return { prices: (await rows.execute()).reverse() }
    },
    answer: listOf('prices', PricePoint),
    method: 'get',
    path: '/market/prices/history',
    query: Page.extend({ resource: Resource.optional() }),
    roles: ALL_BUT_KEYS,
    summary: 'Price changes, oldest first.',
    tag: 'market',
    tool: 'market.get_price_history',
  })
  addOperation(app, parts, {
    handle: () => ({ bids: [...host.state.bids.values()].map((bid) => showBid(host.state, bid)) }),
    answer: listOf('bids', BookBid),
    method: 'get',
    path: '/market/book',
    roles: ALL_BUT_KEYS,
    summary: 'The open book; bids and payers are visible to everyone.',
    tag: 'market',
    tool: 'market.get_book',
  })
  addOperation(app, parts, {
    handle: async ({ query }) => {
      const page = pageOf(query)
      const rows = await queries.selectFrom('clearings').selectAll().where('seq', '<', page.before_seq).orderBy('seq', 'desc').limit(page.limit).execute()
      return { clearings: rows.map((row) => ({ at_ms: row.at_ms, certificate: JSON.parse(row.certificate) as unknown, seq: row.seq })) }
    },
    answer: listOf('clearings', Clearing),
    method: 'get',
    path: '/market/clearings',
    query: Page,
    roles: ALL_BUT_KEYS,
    summary: 'Certificates of the clearings, newest first.',
    tag: 'market',
    tool: 'market.get_clearings',
  })
}

function showBid(state: ServiceParts['host']['state'], bid: Bid): object {
  const reserve_micro = currentReserveMicro(state, bundleOf(state, bid), bid.duration_ms)
  return { ...bid, bundle: bundleOf(state, bid), offered_micro: offeredMicro(state, bid), reserve_micro, standing: bid.margin_ppm !== null }
}

/** The lowest offer of one open bid that would win now, seen to win. */
function addLowestWinning(app: App, parts: ServiceParts): void {
  const { host } = parts
  const inquiries = parts.inquiries ?? new Inquiries(null, 0)
  addOperation(app, parts, {
    handle: async ({ params }, call) => {
      const bid = host.state.bids.get(params.bid_id as string)
      const own = call.principal.role === 'agent' ? agentIn(call).agent_id : null
      if (bid === undefined || (own !== null && bid.agent_id !== own && bid.payer_id !== own))
        throw new Refused('bid_unknown', { bid_id: params.bid_id as string })
      const { mechanism } = host.state.params
      const at_ms = host.now()
      const { amount_micro, clearings, is_estimate } = await inquiries.lowestWinning(host.state, bid)
      return {
        at_ms,
        bid_id: bid.bid_id,
        clearings,
        lowest_winning_is_estimate: is_estimate,
        lowest_winning_micro: amount_micro,
        mechanism,
        offered_micro: offeredMicro(host.state, bid),
      }
    },
    answer: LowestWinning,
    method: 'get',
    path: '/market/bids/{bid_id}/lowest-winning',
    roles: ALL_BUT_KEYS,
    summary: 'The lowest amount with which an open bid would win now, one’s own or for watchers any; under shadow and exact found by clearing the book again.',
    tag: 'market',
    tool: 'market.get_lowest_winning',
  })
}

/** Market state, price history, order book and bids. */
export function addMarketRoutes(app: App, parts: ServiceParts): void {
  const { host } = parts
  addReads(app, parts)
  addLowestWinning(app, parts)
  addOperation(app, parts, {
    body: z.strictObject({
      ...Amount,
      agent_id: Id.optional(),
      bundle: BundleOrAmounts,
      duration_ms: DurationMs,
      expires_at_ms: AtMs.optional(),
      not_before_ms: AtMs.optional(),
      payload: AnyJson.optional(),
      /** What it adds to the reserve cost under posted prices. */
      tip_micro: AmountMicroOrZero.optional(),
    }),
    handle: ({ body }, call) => {
      const agent = agentIn(call)
      const { agent_id, bundle, duration_ms, expires_at_ms, not_before_ms, payload, tip_micro } = body
      const optional = {
        ...(expires_at_ms === undefined ? {} : { expires_at_ms }),
        ...(not_before_ms === undefined ? {} : { not_before_ms }),
        ...(payload === undefined ? {} : { payload }),
        ...(tip_micro === undefined ? {} : { tip_micro }),
      }
      return call.submit({
        ...optional,
        agent_id: agent_id ?? agent.agent_id,
        amount_micro: amountOf(body),
        bundle: toBundle(host.state, bundle),
        duration_ms,
        lease_id: agent.lease_id,
        owner: '',
        payer_id: agent.agent_id,
        type: 'place_bid',
      })
    },
    answer: BidAnswer,
    method: 'post',
    path: '/market/bids',
    roles: ['agent'],
    summary: 'Bid for a window, for oneself or for another; the credits are held at once.',
    tag: 'market',
    tool: 'market.bid',
  })
  addOperation(app, parts, {
    handle: (_input, call) => ({
      bids: [...host.state.bids.values()]
        .filter((bid) => bid.payer_id === agentIn(call).agent_id || bid.agent_id === agentIn(call).agent_id)
        .map((bid) => {
          const { amount_micro, is_estimate } = lowestWinningOf(host.state, bid)
          return { ...showBid(host.state, bid), lowest_winning_is_estimate: is_estimate, lowest_winning_micro: amount_micro }
        }),
    }),
    answer: listOf('bids', OwnBid),
    method: 'get',
    path: '/market/bids',
    roles: ['agent'],
    summary: 'One’s own open bids, with the lowest amount that would win now: under shadow and exact an estimate.',
    tag: 'market',
    tool: 'market.list_bids',
  })
  addOperation(app, parts, {
    body: z.strictObject(Amount),
    handle: ({ body, params }, call) =>
      call.submit({
        amount_micro: amountOf(body),
        bid_id: params.bid_id as string,
        lease_id: agentIn(call).lease_id,
        owner: '',
        payer_id: agentIn(call).agent_id,
        type: 'raise_bid',
      }),
    answer: BidAnswer,
    method: 'post',
    path: '/market/bids/{bid_id}/raise',
    roles: ['agent'],
    summary: 'Raise a bid; it takes a new place among ties.',
    tag: 'market',
    tool: 'market.raise_bid',
  })
  addOperation(app, parts, {
    handle: ({ params }, call) =>
      call.submit({ bid_id: params.bid_id as string, lease_id: agentIn(call).lease_id, owner: '', payer_id: agentIn(call).agent_id, type: 'withdraw_bid' }),
    answer: Done,
    method: 'delete',
    path: '/market/bids/{bid_id}',
    roles: ['agent'],
    summary: 'Withdraw a bid; its hold returns.',
    tag: 'market',
    tool: 'market.withdraw_bid',
  })
  addOperation(app, parts, {
    body: z.strictObject({ standing_bid: z.union([StandingBidWanted, z.null()]) }),
    handle: ({ body }, call) =>
      call.submit({
        ...agentIn(call),
        owner: '',
        standing_bid: body.standing_bid === null ? null : { ...body.standing_bid, bundle: toBundle(host.state, body.standing_bid.bundle) },
        type: 'set_standing_bid',
      }),
    answer: Done,
    method: 'put',
    path: '/market/standing-bid',
    roles: ['agent'],
    summary: 'The bid that the economy places whenever one has neither window nor bid.',
    tag: 'market',
    tool: 'market.set_standing_bid',
  })
  addOperation(app, parts, {
    handle: () => ({ eligible: candidatesOf(host.state).length, open: host.state.bids.size }),
    answer: Depth,
    method: 'get',
    path: '/market/depth',
    roles: ALL_BUT_KEYS,
    summary: 'Open bids, and how many of them could win now.',
    tag: 'market',
  })
}
