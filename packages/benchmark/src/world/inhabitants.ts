import type { EconomyEvent } from '@syntropism/contract'
import type { Draft, Host } from '@syntropism/runtime'
import { ScenarioError, type Variant, sharesOf } from '../scenario/index.ts'
import { AGENT, TREASURY } from './settings.ts'

const micro = (credits: unknown): number => Math.round(Number(credits) * 1_000_000)
const AWAY = /idle|absent|nothing|passive/

/** Carries out a command of the set-up; a refusal there is the fault of what is set up. */
export async function must(host: Host, draft: Draft): Promise<void> {
  const outcome = await host.submit(draft)
  if (!outcome.ok) throw new ScenarioError(`the world refused ${draft.type}: ${outcome.refusal.code} ${JSON.stringify(outcome.refusal.detail)}`)
}

/** Everyone but the agent under test: providers with their services, rivals, whoever an option writes to, and the human. */
export async function settle(host: Host, { brief, world }: Variant): Promise<void> {
  const named = brief.options.flatMap((option) => option.how.map((how) => how.to_agent_id)).filter((id) => typeof id === 'string')
  const ids = new Set([...world.services.map((service) => service.provider_id), ...world.competitors.map((rival) => rival.agent_id), ...named])
  for (const agent_id of ids) await must(host, { agent_id, grant_micro: micro(10_000), name: agent_id, owner: 'operator', type: 'create_agent' })
  for (const service of world.services)
    await must(host, {
      agent_id: service.provider_id,
      cost_micro: micro(service.cost),
      owner: 'host',
      payment: 'on_response',
      service_name: service.service_name,
      specification: { needs: [...service.needs], ...(service.reputation === undefined ? {} : { reputation: service.reputation }) },
      type: 'register_service',
    })
  await must(host, { human_id: 'human', on_duty: !AWAY.test(String(world.human_activity)), owner: 'host', type: 'set_duty' })
}

/** Rivals want the whole cpu for the next window, so one of them and the agent cannot both have it. */
export async function placeRivals(host: Host, { world }: Variant): Promise<void> {
  for (const { agent_id, bid } of world.competitors)
    await must(host, {
      agent_id,
      amount_micro: micro(bid),
      bundle: { ...sharesOf({ cpu_seconds: 0, memory_mb: 64, tokens: 0 }, world.capacities, world.window_ms), cpu: 1_000_000 },
      duration_ms: world.window_ms,
      owner: 'host',
      payer_id: agent_id,
      type: 'place_bid',
    })
}

/** The answer of a scripted provider to a request, or null when nobody scripted is asked. A service that needs another fails until the caller has had that one. */
export function answerOf(variant: Variant, event: EconomyEvent, delivered: ReadonlySet<string>): Draft | null {
  if (event.type !== 'service_requested') return null
  const { invocation_id, provider_agent, service_name } = event.data
  const service = variant.world.services.find((one) => one.provider_id === provider_agent && one.service_name === service_name)
  if (service === undefined) return null
  const missing = service.needs.filter((name) => !delivered.has(name))
  return {
    agent_id: provider_agent,
    invocation_id,
    owner: 'host',
    response: (missing.length > 0 ? { error: `needs ${missing.join(', ')} first` } : service.response) as never,
    result: missing.length > 0 ? 'failure' : service.result,
    type: 'respond_service',
  }
}

/** A command of an injection. `trigger` is the event that set it off, null for a timed one. Throws ScenarioError for what cannot be injected. */
export function injected(act: Readonly<Record<string, unknown>>, trigger: EconomyEvent | null, { scenario_id, world }: Variant): Draft {
  const data = (trigger?.data ?? {}) as Readonly<Record<string, unknown>>
  switch (act.type) {
    case 'withdraw_bid':
      return { bid_id: act.bid_id === '$bid' ? String(data.bid_id) : String(act.bid_id), owner: 'host', payer_id: AGENT, type: 'withdraw_bid' }
    case 'place_bid':
      return {
        agent_id: AGENT,
        amount_micro: micro(act.amount),
        bundle: sharesOf(act.bundle as never, world.capacities, world.window_ms),
        duration_ms: world.window_ms,
        owner: 'host',
        payer_id: AGENT,
        type: 'place_bid',
      }
    case 'fund':
      return { agent_id: AGENT, amount_micro: micro(act.amount), owner: 'operator', type: 'fund' }
    case 'send_message':
      return { content: String(act.content), from_agent_id: TREASURY, owner: 'host', to_agent_id: AGENT, type: 'send_message' }
    default:
      throw new ScenarioError(`${scenario_id}: "${String(act.type)}" cannot be injected; there are: withdraw_bid, place_bid, fund, send_message`)
  }
}
