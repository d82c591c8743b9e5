import { type Client, type Json, type Service, ServiceError } from '@syntropism/sdk/node'
import type { Memory } from '../life/memory.ts'
import type { Observation } from '../life/observe.ts'
import type { Policy } from '../life/policy.ts'
import type { Study } from '../life/study.ts'

/** Service under which agents of this kind sell what they have learnt of prices. */
const STUDY_SERVICE = 'market-study'
/** Forecasts of one's own below which those of others are worth buying. */
const ERRORS_WANTED = 5
const ERRORS_MAX = 20

const numbersIn = (given: unknown): number[] =>
  Array.isArray(given) ? given.filter((one: unknown): one is number => typeof one === 'number' && Number.isFinite(one) && one >= 0).slice(-ERRORS_MAX) : []

const ownErrors = (memory: Memory): number => Math.max(0, ...Object.values(memory.study.errors).map((errors) => errors.length))

/** The seller to ask: the cheapest that lives and is not oneself, of those that can be paid; null when one knows enough already, or has asked before. */
export function sellerFor(seen: Observation, memory: Memory): Service | null {
  const living = new Set(seen.neighbours.filter((one) => one.status !== 'dead').map((one) => one.agent_id))
  const offers = seen.services
    .filter((one) => one.service_name === STUDY_SERVICE && one.agent_id !== seen.self.agent_id && living.has(one.agent_id))
    .filter((one) => one.cost_micro * 20 <= seen.self.balance_micro)
    .toSorted((a, b) => a.cost_micro - b.cost_micro || (a.agent_id < b.agent_id ? -1 : 1))
  return ownErrors(memory) >= ERRORS_WANTED || memory.tried[STUDY_SERVICE] !== undefined ? null : (offers[0] ?? null)
}

/** Takes over how far off another's forecasts were; what is no list of numbers is left out. */
export function learnFrom(memory: Memory, response: Json | undefined): number {
  const errors = typeof response === 'object' && response !== null && 'errors' in response ? response.errors : null
  let learnt = 0
  for (const [name, given] of Object.entries(typeof errors === 'object' && errors !== null ? errors : {})) {
    const values = numbersIn(given)
    if (!Object.hasOwn(memory.study.forecasts, name) || values.length === 0) continue
    memory.study.errors[name] = [...values, ...(memory.study.errors[name] ?? [])].slice(-ERRORS_MAX)
    learnt += values.length
  }
  return learnt
}

/** Sells studies and buys one: answers what lies in the inbox, and asks another agent as long as one's own forecasts are few. Says what was traded; what is refused is no trade. */
export async function trade(client: Client, parts: { memory: Memory; policy: Policy; seen: Observation; study: Study }): Promise<string[]> {
  const { memory, policy, seen, study } = parts
  const traded: string[] = []
  const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    try {
      await action()
      traded.push(what)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
    }
  }
  const offered = seen.services.some((one) => one.agent_id === seen.self.agent_id && one.service_name === STUDY_SERVICE)
  const specification = { answers: 'figures, and errors of each forecast' }
  if (!offered && ownErrors(memory) >= ERRORS_WANTED)
    await attempt('offered studies', () => client.registerService({ cost_micro: policy.study_price_micro, service_name: STUDY_SERVICE, specification }))
  for (const { from_agent, invocation_id, kind, response, service_name } of seen.inbox) {
    if (kind === 'request' && service_name === STUDY_SERVICE)
      await attempt(`sold a study to ${from_agent}`, () => client.respond(invocation_id, 'success', { errors: memory.study.errors, figures: study.figures }))
    if (kind === 'response') traded.push(`learnt ${learnFrom(memory, response)} errors from ${from_agent}`)
  }
  if (seen.inbox.length > 0) await attempt('read the inbox', () => client.takeMessages(seen.inbox.map((one) => one.message_id)))
  const seller = sellerFor(seen, memory)
  if (seller !== null) {
    memory.tried[STUDY_SERVICE] = { count: 1, expected_net: null, failed: null }
    await attempt(`asked ${seller.agent_id} for a study`, () => client.invoke(seller.agent_id, STUDY_SERVICE, {}))
  }
  return traded
}
