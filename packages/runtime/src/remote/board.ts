import type { EconomyEvent } from '@syntropism/contract'
import { freeMicro, pricesNow } from '@syntropism/economy'
import type { BoardSource } from '../bus/nats/index.ts'
import type { Host } from '../host/index.ts'

const PRICE = 'price.'
const AGENT = 'agent.'

/** Current prices and states of agents, as keys `price.<resource>` and `agent.<id>`. `seq` is the event that a value holds. */
export function boardOf(host: Host): BoardSource {
  const priceKeys = (): string[] => Object.keys(pricesNow(host.state)).map((resource) => `${PRICE}${resource}`)
  return {
    *keys() {
      yield* priceKeys()
      for (const agentId of host.state.agents.keys()) yield `${AGENT}${agentId}`
    },
    *keysOf(event: EconomyEvent) {
      if (event.type === 'price_update' || event.type === 'economy_created' || event.type === 'rules_changed') yield* priceKeys()
      // Whoever an event names may have another state or balance now.
      for (const named of [event.agent_id, ...Object.values(event.data)])
        if (typeof named === 'string' && host.state.agents.has(named)) yield `${AGENT}${named}`
    },
    valueOf(key) {
      const { seq, at_ms } = host.state
      if (key.startsWith(PRICE)) {
        const resource = key.slice(PRICE.length) as keyof ReturnType<typeof pricesNow>
        return { at_ms, price_micro_per_s: pricesNow(host.state)[resource], resource, seq }
      }
      const agent = host.state.agents.get(key.slice(AGENT.length))
      if (agent === undefined) return null
      const { agent_id, held_micro, status } = agent
      return { agent_id, at_ms, balance_micro: freeMicro(host.state, agent), held_micro, seq, status }
    },
  }
}
