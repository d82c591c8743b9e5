import { Agent, type Dispatcher } from 'undici'
import type { UpstreamConfig } from '../config/index.ts'
import { type Attempt, GuardedUpstream, type Transport, failureOf, failureOfStatus, isFailing } from './guard.ts'
import { openEmbedded } from './native/embedded.ts'
import { openProvider } from './native/providers.ts'
import { withResponses } from './native/responses.ts'
import { type Received, readWhole, receive } from './receive.ts'

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)

/** One attempt at a server that speaks OpenAI's API. */
function openAiAttempt(config: UpstreamConfig, apiKey: string | null, dispatcher: Dispatcher): Attempt {
  const headers = { 'content-type': 'application/json', ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }) }
  const { origin, pathname } = new URL(String(config.base_url))
  const base = pathname.replace(/\/$/, '')
  return async (api, body, cancellation) => {
    let answer: Received
    try {
      answer = await receive(dispatcher, { body, headers, method: 'POST', origin, path: `${base}/${api}` }, cancellation)
    } catch (error) {
      throw failureOf(error)
    }
    const { status } = answer
    if (isFailing(status)) throw failureOfStatus(config.id, status, await readWhole(answer.body), one(answer.headers['retry-after']))
    return { body: answer.body, content_type: one(answer.headers['content-type']) ?? 'application/json', status }
  }
}

/** The upstream that a configuration names: a server by its API, or a model in this process. */
export function openUpstream(config: UpstreamConfig, apiKey: string | null, modelsDir: string): Transport {
  if (config.kind === 'embedded') {
    const embedded = openEmbedded(config, modelsDir)
    return new GuardedUpstream(config, withResponses(embedded.attempt), embedded.close)
  }
  const agent = new Agent({ bodyTimeout: config.timeout_ms, connect: { timeout: Math.min(10_000, config.timeout_ms) }, headersTimeout: config.timeout_ms })
  const attempt = config.kind === 'openai' ? openAiAttempt(config, apiKey, agent) : withResponses(openProvider(config, config.kind, apiKey, agent))
  return new GuardedUpstream(config, attempt, () => agent.destroy())
}
