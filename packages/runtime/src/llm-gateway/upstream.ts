import { Agent, type Dispatcher, request } from 'undici'
import type { UpstreamConfig } from '../config/index.ts'
import { type Attempt, GuardedUpstream, type Transport, failureOf, isRetryable, retryable } from './guard.ts'
import { openEmbedded } from './native/embedded.ts'
import { openProvider } from './native/providers.ts'

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)

/** One attempt at a server that speaks OpenAI's API. */
function openAiAttempt(config: UpstreamConfig, apiKey: string | null, dispatcher: Dispatcher): Attempt {
  const headers = { 'content-type': 'application/json', ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }) }
  const base = String(config.base_url).replace(/\/$/, '')
  return async (api, body, signal) => {
    let answer: Dispatcher.ResponseData
    try {
      answer = await request(`${base}/${api}`, { body, dispatcher, headers, method: 'POST', signal })
    } catch (error) {
      throw failureOf(error)
    }
    const status = answer.statusCode
    if (isRetryable(status)) throw retryable(config.id, status, await answer.body.text(), one(answer.headers['retry-after']))
    return { body: answer.body, content_type: one(answer.headers['content-type']) ?? 'application/json', status }
  }
}

/** The upstream that a configuration names: a server by its API, or a model in this process. */
export function openUpstream(config: UpstreamConfig, apiKey: string | null, modelsDir: string): Transport {
  if (config.kind === 'embedded') {
    const embedded = openEmbedded(config, modelsDir)
    return new GuardedUpstream(config, embedded.attempt, embedded.close)
  }
  const agent = new Agent({ bodyTimeout: config.timeout_ms, connect: { timeout: Math.min(10_000, config.timeout_ms) }, headersTimeout: config.timeout_ms })
  const attempt = config.kind === 'openai' ? openAiAttempt(config, apiKey, agent) : openProvider(config, config.kind, apiKey, agent)
  return new GuardedUpstream(config, attempt, () => agent.destroy())
}
