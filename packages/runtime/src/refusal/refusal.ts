import type { Refusal, RefusalCode } from '@syntropism/contract'

/** What the gateways refuse by themselves, beside the economy. The status belongs to the code. */
export const GATEWAY_REFUSALS = {
  llm_model_not_installed: [503, 'The embedded model is not there, or does not load; see advice.'],
  llm_model_unknown: [404, 'There is no such model here; GET /v1/models lists those there are.'],
  llm_price_unknown: [422, 'No price is known for the model, so that its cost has no bound; nothing was sent.'],
  llm_recording_missing: [502, 'Calls are answered from recordings, and there is none of this request.'],
  llm_request_unbounded: [422, 'The worst case of the request has no bound; nothing was sent.'],
  llm_upstream_failed: [502, 'No upstream answered.'],
  llm_upstream_timeout: [504, 'The upstream did not answer in time.'],
  tool_arguments_invalid: [422, 'The arguments do not fit the schema of the tool; nothing was sent.'],
  tool_failed: [502, 'The tool did not answer; its price was given back.'],
  tool_not_allowed: [403, 'The operator does not allow this tool.'],
  tool_queue_unavailable: [503, 'The call could not be stored; its price was given back.'],
  tool_result_too_large: [502, 'The result is larger than allowed; the price was given back.'],
  tool_timeout: [504, 'The tool did not answer in time; its price was given back.'],
  tool_unknown: [404, 'There is no such tool; GET /tools lists those there are.'],
} as const satisfies Record<string, readonly [status: number, meaning: string]>
export type GatewayCode = keyof typeof GATEWAY_REFUSALS

/** A "no" on its way to the caller: of the economy, or of a gateway. The service answers with its code and the figures behind it. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: RefusalCode | GatewayCode
  readonly figures: Refusal['detail']
  constructor(code: Refused['code'], figures: Refusal['detail'] = {}) {
    super(code)
    this.code = code
    this.figures = figures
  }
}
