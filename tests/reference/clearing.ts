import type { State } from '@syntropism/economy'

/**
 * The slow, obvious second opinion on a clearing: re-derives supply, eligibility, order and placement from the state before it,
 * with BigInt money, sharing no code with the economy. Starvation reservations are outside: use it with `starvation_ms` 0.
 */
export function referenceWinners(state: State): { bid_id: string; executor_id: string | null; payment_micro: number }[] {
  const executors = [...state.executors.values()].map((one) => ({ ...one })).sort((a, b) => (a.executor_id < b.executor_id ? -1 : 1))
  const total = {
    attention: [...state.humans.values()].filter((human) => human.on_duty).length,
    cpu: 0,
    llm: state.params.llm_micro_usd_per_minute - state.params.llm_keys_micro_usd_per_minute,
    memory: 0,
  }
  for (const one of executors) {
    total.cpu += one.cpu
    total.memory += one.memory
  }
  let attention = total.attention
  let llm = total.llm
  for (const lease of state.leases.values()) {
    attention -= lease.quantities.attention
    llm -= lease.quantities.llm
    for (const one of executors)
      if (one.executor_id === lease.executor_id) Object.assign(one, { cpu: one.cpu - lease.quantities.cpu, memory: one.memory - lease.quantities.memory })
  }
  const up = (share: number | undefined, whole: number): number => Number((BigInt(share ?? 0) * BigInt(whole) + 999_999n) / 1_000_000n)
  const offers = [...state.bids.values()].flatMap((bid) => {
    const shares = bid.prompt_id === null ? bid.bundle : { attention: total.attention === 0 ? 0 : Math.floor(1_000_000 / total.attention) }
    if (bid.not_before_ms > state.at_ms || (bid.prompt_id !== null && state.prompts.get(bid.prompt_id)?.lease_id !== null)) return []
    if (bid.prompt_id === null && (state.paused.everyone || state.paused.agents.has(bid.agent_id))) return []
    if ((['attention', 'cpu', 'llm', 'memory'] as const).some((resource) => shares[resource] !== undefined && total[resource] === 0)) return []
    if (shares.cpu !== undefined && state.agents.get(bid.agent_id)?.lease_id !== null) return []
    let cost = 0n
    for (const resource of ['attention', 'cpu', 'llm', 'memory'] as const)
      cost += BigInt(shares[resource] ?? 0) * BigInt(state.meters[resource].price_micro_per_s) * BigInt(bid.duration_ms)
    const reserve = (cost + 999_999_999n) / 1_000_000_000n
    const wanted = bid.margin_ppm === null ? BigInt(bid.amount_micro) : (reserve * BigInt(1_000_000 + bid.margin_ppm) + 999_999n) / 1_000_000n
    const offer = wanted < BigInt(bid.amount_micro) ? wanted : BigInt(bid.amount_micro)
    return offer < reserve
      ? []
      : [
          {
            agent_id: bid.agent_id,
            attention: up(shares.attention, total.attention),
            bid_id: bid.bid_id,
            cpu: up(shares.cpu, total.cpu),
            llm: Number((BigInt(shares.llm ?? 0) * BigInt(total.llm)) / 1_000_000n),
            memory: up(shares.memory, total.memory),
            offer: Number(offer),
            order: bid.order,
          },
        ]
  })
  offers.sort((a, b) => b.offer - a.offer || a.order - b.order)
  const tried = new Set<string>()
  const winners: { bid_id: string; executor_id: string | null; payment_micro: number }[] = []
  for (const offer of offers) {
    if (offer.cpu > 0 && tried.has(offer.agent_id)) continue
    if (offer.cpu > 0) tried.add(offer.agent_id)
    const fitting = executors.filter((one) => one.cpu >= offer.cpu && one.memory >= offer.memory).sort((a, b) => b.cpu - a.cpu || b.memory - a.memory)
    const place = offer.cpu > 0 || offer.memory > 0 ? fitting[0] : null
    if (place === undefined || offer.attention > attention || offer.llm > llm) continue
    attention -= offer.attention
    llm -= offer.llm
    if (place !== null) Object.assign(place, { cpu: place.cpu - offer.cpu, memory: place.memory - offer.memory })
    winners.push({ bid_id: offer.bid_id, executor_id: place?.executor_id ?? null, payment_micro: offer.offer })
  }
  return winners
}
