/** Why the gateway itself does not answer a call. The status belongs to the code. */
export const GATEWAY_REFUSALS = {
  llm_model_not_installed: [503, 'The embedded model is not there, or does not load; see advice.'],
  llm_model_unknown: [404, 'There is no such model here; GET /v1/models lists those there are.'],
  llm_price_unknown: [422, 'No price is known for the model, so that its cost has no bound; nothing was sent.'],
  llm_recording_missing: [502, 'Calls are answered from recordings, and there is none of this request.'],
  llm_request_unbounded: [422, 'The worst case of the request has no bound; nothing was sent.'],
  llm_upstream_failed: [502, 'No upstream answered.'],
  llm_upstream_timeout: [504, 'The upstream did not answer in time.'],
} as const
export type GatewayCode = keyof typeof GATEWAY_REFUSALS

export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal'
  readonly code: GatewayCode
  readonly figures: Readonly<Record<string, string | number | boolean | null>>
  constructor(code: GatewayCode, figures: GatewayRefusal['figures'] = {}) {
    super(code)
    this.code = code
    this.figures = figures
  }
}
