import { BURN, RESOURCES, type Resource, type State, balanceOf, circulatingMicro, freeMicro } from '@syntropism/economy'

/** What an operator wants to see of a state. Amounts in micro-credits, prices in micro-credits a second for the whole capacity. */
export interface Picture {
  readonly economy_id: string
  readonly seq: number
  readonly at_ms: number
  readonly supply: { readonly granted_micro: number; readonly rewarded_micro: number; readonly burned_micro: number; readonly circulating_micro: number }
  readonly agents: readonly { readonly agent_id: string; readonly status: string; readonly balance_micro: number; readonly held_micro: number }[]
  readonly prices: Readonly<{ [R in Resource]: number }>
  readonly sold_ppm: Readonly<{ [R in Resource]: number }>
  readonly leases: readonly { readonly lease_id: string; readonly agent_id: string; readonly paid_micro: number; readonly ends_at_ms: number }[]
  readonly book: readonly {
    readonly bid_id: string
    readonly agent_id: string
    readonly payer_id: string
    readonly amount_micro: number
    readonly shares_ppm: object
    readonly duration_ms: number
  }[]
  readonly prompts: readonly { readonly prompt_id: string; readonly agent_id: string; readonly amount_micro: number; readonly deadline_at_ms: number }[]
}

const perResource = <T>(value: (resource: Resource) => T): { [R in Resource]: T } =>
  Object.fromEntries(RESOURCES.map((resource) => [resource, value(resource)])) as { [R in Resource]: T }

export function pictureOf(state: State): Picture {
  return {
    agents: [...state.agents.values()].map((agent) => ({
      agent_id: agent.agent_id,
      balance_micro: freeMicro(state, agent),
      held_micro: agent.held_micro,
      status: agent.status,
    })),
    at_ms: state.at_ms,
    book: [...state.bids.values()].map(({ agent_id, amount_micro, bid_id, bundle, duration_ms, payer_id }) => ({
      agent_id,
      amount_micro,
      bid_id,
      duration_ms,
      payer_id,
      shares_ppm: bundle,
    })),
    economy_id: state.economy_id,
    leases: [...state.leases.values()].map(({ agent_id, ends_at_ms, lease_id, paid_micro }) => ({ agent_id, ends_at_ms, lease_id, paid_micro })),
    prices: perResource((resource) => state.meters[resource].price_micro_per_s),
    prompts: [...state.prompts.values()].map(({ agent_id, amount_micro, deadline_at_ms, prompt_id }) => ({
      agent_id,
      amount_micro,
      deadline_at_ms,
      prompt_id,
    })),
    seq: state.seq,
    sold_ppm: perResource((resource) => state.meters[resource].sold_ppm),
    supply: {
      burned_micro: balanceOf(state.ledger, BURN),
      circulating_micro: circulatingMicro(state.ledger),
      granted_micro: state.ledger.granted_micro,
      rewarded_micro: state.ledger.rewarded_micro,
    },
  }
}
