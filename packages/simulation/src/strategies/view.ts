import { type Agent, type Bid, type Resource, type State, bundleOf, capacityOf, currentReserveMicro, freeMicro } from '@syntropism/economy'
import type { Random } from '../random/index.ts'
import type { Bundle } from './action.ts'

/** Named numbers that an agent keeps between its turns. All are zero at birth. */
export interface Memory {
  get(name: string): number
  /** Throws on what is no finite number. */
  set(name: string, value: number): void
}

/** What an agent sees when it acts: the same in virtual time and live. Reads the economy as it stands. */
export class AgentView {
  readonly agent_id: string
  /** Number of the step, live of the turn. */
  readonly step: number
  readonly memory: Memory
  readonly random: Random
  private readonly state: State
  private readonly agent: Agent

  constructor(state: State, agent: Agent, step: number, memory: Memory, random: Random) {
    this.state = state
    this.agent = agent
    this.agent_id = agent.agent_id
    this.step = step
    this.memory = memory
    this.random = random
  }

  /** Economy time in milliseconds. */
  get at_ms(): number {
    return this.state.at_ms
  }

  get free_micro(): number {
    return freeMicro(this.state, this.agent)
  }

  get held_micro(): number {
    return this.agent.held_micro
  }

  /** Whether a window with cpu runs. */
  get is_running(): boolean {
    return this.agent.lease_id !== null
  }

  get has_prompt(): boolean {
    return this.agent.prompt_id !== null
  }

  /** Length of its lineage: 0 without a parent. */
  get generation(): number {
    return this.agent.lineage.length
  }

  get parent_id(): string | null {
    return this.agent.parent_id
  }

  /** Its open bids for windows, oldest first. */
  bids(): readonly Bid[] {
    return [...this.agent.bid_ids].flatMap((id) => this.state.bids.get(id) ?? []).filter((bid) => bid.prompt_id === null)
  }

  priceMicroPerS(resource: Resource): number {
    return this.state.meters[resource].price_micro_per_s
  }

  /** Sold share now, parts per million. */
  soldPpm(resource: Resource): number {
    return this.state.meters[resource].sold_ppm
  }

  /** All that could be leased: milli-cores, MB, micro-dollars a minute, slots. */
  capacity(resource: Resource): number {
    return capacityOf(this.state)[resource]
  }

  /** What a window costs at least at the prices of now. */
  reserveMicro(bundle: Bundle, durationMs: number): number {
    return currentReserveMicro(this.state, bundle, durationMs)
  }

  /** What an open bid would cost at least now. */
  reserveOfMicro(bid: Bid): number {
    return currentReserveMicro(this.state, bundleOf(this.state, bid), bid.duration_ms)
  }

  /** What a slot of a human's attention costs at least now. */
  slotReserveMicro(): number {
    const share = Math.floor(1_000_000 / Math.max(1, capacityOf(this.state).attention))
    return currentReserveMicro(this.state, { attention: share }, this.state.params.attention_slot_ms)
  }

  get spawn_cost_micro(): number {
    return this.state.params.spawn_cost_micro
  }

  /** Providers of a service and what they ask. */
  providers(serviceName: string): readonly { readonly provider_id: string; readonly cost_micro: number }[] {
    return [...this.state.services.values()]
      .filter((service) => service.service_name === serviceName && service.agent_id !== this.agent_id)
      .map((service) => ({ cost_micro: service.cost_micro, provider_id: service.agent_id }))
  }

  /** Requests that wait for this agent's answer. */
  requests(): readonly { readonly caller_id: string; readonly cost_micro: number; readonly invocation_id: string; readonly service_name: string }[] {
    return [...this.state.invocations.values()].filter((one) => one.provider_id === this.agent_id)
  }
}
