import { Agent, type Dispatcher, Pool } from 'undici'
import type { UpstreamConfig } from '../config/index.ts'
import { type Attempt, GuardedUpstream, type Transport, UpstreamFailure, failureOf, failureOfStatus, isFailing } from './guard.ts'
import { unpacked } from './encoding.ts'
import { openEmbedded } from './native/embedded.ts'
import { openProvider } from './native/providers.ts'
import { withResponses } from './native/responses.ts'
import { type Received, readWhole, receive } from './receive.ts'

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)

/** One attempt at a server that speaks OpenAI's API, below a path of its origin. */
function openAiAttempt(config: UpstreamConfig, apiKey: string | null, base: string, dispatcher: Dispatcher): Attempt {
  const headers = { 'accept-encoding': 'identity', 'content-type': 'application/json', ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }) }
  return async (api, body, cancellation) => {
    let answer: Received
    try {
      answer = await receive(dispatcher, { body, headers, method: 'POST', path: `${base}/${api}` }, config.answer_bytes_max, cancellation)
    } catch (error) {
      throw failureOf(error)
    }
    const { headers: told, status } = answer
    const encoding = one(told['content-encoding'])
    const plain = unpacked(answer.body, encoding, config.answer_bytes_max)
    if (plain === null)
      throw new UpstreamFailure(`${config.id} answered in the encoding ${encoding}, which is not known`, { may_have_cost: !isFailing(status) })
    if (isFailing(status)) {
      const text = await readWhole(plain).catch(() => 'and broke off')
      // What failed is told to whoever called: a server that answers with the headers that it got must not show them our key.
      throw failureOfStatus(config.id, status, apiKey === null ? text : text.replaceAll(apiKey, '…'), one(told['retry-after']))
    }
    return { body: plain, content_type: one(told['content-type']) ?? 'application/json', status }
  }
}

/** The upstream that a configuration names: a server by its API, or a model in this process. */
export function openUpstream(config: UpstreamConfig, apiKey: string | null, modelsDir: string): Transport {
  if (config.kind === 'embedded') {
    const embedded = openEmbedded(config, modelsDir)
    return new GuardedUpstream(config, withResponses(embedded.attempt), embedded.close)
  }
  const times = { bodyTimeout: config.timeout_ms, connect: { timeout: Math.min(10_000, config.timeout_ms) }, headersTimeout: config.timeout_ms }
  if (config.kind === 'openai') {
    const { origin, pathname } = new URL(String(config.base_url))
    const pool = new Pool(origin, times)
    return new GuardedUpstream(config, openAiAttempt(config, apiKey, pathname.replace(/\/$/, ''), pool), () => pool.destroy())
  }
  const agent = new Agent(times)
  return new GuardedUpstream(config, withResponses(openProvider(config, config.kind, apiKey, agent)), () => agent.destroy())
}
