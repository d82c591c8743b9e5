import { HostStopped } from '../host/index.ts'
import { type Api, type Caller, type Cancellation, type Flow, type Gateway, type GatewayAnswer } from '../llm-gateway/index.ts'
import { Refused } from '../refusal/index.ts'
import type { Principal } from './principal.ts'
import { type Problem, problemOf, refusalOf } from './problem.ts'
import { type ServiceParts, traceOf } from './service.ts'

export const callerOf = (principal: Principal): Caller | null =>
  principal.role === 'agent' ? { agent_id: principal.agent_id, lease_id: principal.lease_id } : principal.role === 'key' ? { key_id: principal.key_id } : null

const within = (traceparent: string): { traceparent?: string } => (traceparent === '' ? {} : { traceparent })

/** Records an agent's call as the tool call that it is. */
function note(
  parts: ServiceParts,
  caller: Caller,
  api: Api,
  model: unknown,
  traceparent: string,
): (result: 'success' | 'failure', response: Record<string, string>) => void {
  if (!('agent_id' in caller)) return () => undefined
  const report = (event_type: 'tool_call_initiated' | 'tool_call_completed', data: Record<string, string | Record<string, string>>): void => {
    parts.host.submitSoon({ agent_id: caller.agent_id, data, event_type, owner: 'host', ...within(traceparent), type: 'report' }).catch(() => undefined)
  }
  report('tool_call_initiated', { parameters: { api, model: String(model).slice(0, 128) }, tool_name: 'llm.complete' })
  return (result, response) => report('tool_call_completed', { response, result, tool_name: 'llm.complete' })
}

/** Who asks, when that is over, and within which trace. */
interface Asking {
  readonly caller: Caller
  readonly gone: Cancellation
  readonly traceparent: string
}

/** Carries out a model's call and records it. Throws what the gateway throws. */
export async function carryOut(
  parts: ServiceParts,
  gateway: Gateway,
  api: Api,
  body: Record<string, unknown>,
  { caller, gone, traceparent }: Asking,
): Promise<GatewayAnswer> {
  const noted = note(parts, caller, api, body.model, traceparent)
  try {
    const answer = await gateway.call({ api, body, caller, gone, traceparent })
    noted(answer.status < 400 ? 'success' : 'failure', { call_id: answer.call_id, status: String(answer.status) })
    return answer
  } catch (error) {
    noted('failure', { error: error instanceof Refused ? error.code : 'internal_error' })
    throw error
  }
}

export interface ModelAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Flow
}

/** Answers a call in the words of OpenAI's API, whichever door it came by. Throws what is a fault of the service. */
export async function answerModelCall(
  parts: ServiceParts,
  principal: Principal,
  api: Api,
  body: unknown,
  gone: Cancellation,
  traceparent: string | undefined,
): Promise<ModelAnswer | Problem> {
  const path = `/v1/${api}`
  const caller = callerOf(principal)
  if (caller === null) return problemOf(path, 'role_forbidden', 'LLM calls are made by agents in their windows and with keys.')
  const { gateway } = parts
  if (gateway === undefined) return refusalOf(path, 'resource_not_offered', { resource: 'llm' })
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !('model' in body) || typeof body.model !== 'string')
    return problemOf(path, 'command_invalid', 'model: the body is an object that names a model')
  try {
    const answer = await carryOut(parts, gateway, api, body as Record<string, unknown>, {
      caller,
      gone,
      traceparent: traceOf(traceparent, principal, true, parts),
    })
    const headers = { 'cache-control': 'no-store', 'content-type': answer.content_type, 'x-syntropism-call-id': answer.call_id }
    return { body: answer.body, headers, status: answer.status }
  } catch (error) {
    if (error instanceof Refused) return refusalOf(path, error.code, error.figures)
    if (error instanceof HostStopped) return problemOf(path, 'unavailable', error.message)
    throw error
  }
}
