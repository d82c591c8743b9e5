import type { EconomyEvent } from '@syntropism/contract'
import type { Draft, Host } from '@syntropism/runtime'
import { must } from '../world/index.ts'

/** Who lives beside the agent: rivals for windows, a neighbour with a service, and a human. */
const RIVALS = ['rival-1', 'rival-2', 'rival-3']
export const NEIGHBOUR = 'neighbour'
export const SERVICE = 'echo'
export const HUMAN = 'human'

/** Time that the human takes over a prompt. */
const JUDGING_MS = 5000
/** What the human gives for each dimension: to something new, and to what was already shown. It reads nothing: content is judged by people. */
const SCORE = { again: 2, fresh: 6 }
const GRANT_MICRO = 10_000_000_000

/** Sets everyone up. Rivals buy a quarter of a core for three seconds over and over, as a starter agent does. */
export async function settleNeighbours(host: Host): Promise<void> {
  for (const [index, agent_id] of RIVALS.entries())
    await must(host, {
      agent_id,
      grant_micro: GRANT_MICRO,
      name: agent_id,
      owner: 'operator',
      standing_bid: {
        bundle: { cpu: 250_000, memory: 125_000 },
        duration_ms: 3000,
        limit_micro: 15_000_000 + index * 5_000_000,
        margin_ppm: 250_000,
        pause_ms: 2000,
      },
      type: 'create_agent',
    })
  await must(host, { agent_id: NEIGHBOUR, grant_micro: GRANT_MICRO, name: NEIGHBOUR, owner: 'operator', type: 'create_agent' })
  const service = { cost_micro: 1_000_000, payment: 'on_response', service_name: SERVICE, specification: { answers: 'with what it was asked' } } as const
  await must(host, { ...service, agent_id: NEIGHBOUR, owner: 'host', type: 'register_service' })
  await must(host, { human_id: HUMAN, on_duty: true, owner: 'host', type: 'set_duty' })
}

/** The neighbour's answer to a request; null when it is not asked. */
export function answered(event: EconomyEvent): Draft | null {
  if (event.type !== 'service_requested' || event.data.provider_agent !== NEIGHBOUR) return null
  const { invocation_id, request } = event.data
  return { agent_id: NEIGHBOUR, invocation_id, owner: 'host', response: request as never, result: 'success', type: 'respond_service' }
}

/** The human: scores what was asked of it once its time is over. */
export class Judge {
  readonly #due: { readonly at_ms: number; readonly prompt_id: string; readonly score: number }[] = []
  readonly #shown = new Set<string>()
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  onEvent(event: EconomyEvent): void {
    if (event.type !== 'prompt_filed') return
    const text = JSON.stringify(event.data.content)
    this.#due.push({ at_ms: event.at_ms + JUDGING_MS, prompt_id: event.data.prompt_id, score: this.#shown.has(text) ? SCORE.again : SCORE.fresh })
    this.#shown.add(text)
  }

  async advance(nowMs: number): Promise<void> {
    while (this.#due[0] !== undefined && this.#due[0].at_ms <= nowMs) {
      const { prompt_id, score } = this.#due.shift() as { prompt_id: string; score: number }
      // A prompt that was withdrawn meanwhile is refused, and nothing is lost.
      await this.#host.submit({
        human_id: HUMAN,
        owner: 'host',
        prompt_id,
        scores: { interesting: score, understandable: score, useful: score },
        type: 'score_prompt',
      })
    }
  }
}
