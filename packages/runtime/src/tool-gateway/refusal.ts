/** Why the tool gateway does not answer a call. The status belongs to the code. */
export const TOOL_REFUSALS = {
  tool_arguments_invalid: [422, 'The arguments do not fit the schema of the tool; nothing was sent.'],
  tool_failed: [502, 'The tool did not answer; its price was given back.'],
  tool_not_allowed: [403, 'The operator does not allow this tool.'],
  tool_queue_unavailable: [503, 'The call could not be stored; its price was given back.'],
  tool_result_too_large: [502, 'The result is larger than allowed; the price was given back.'],
  tool_timeout: [504, 'The tool did not answer in time; its price was given back.'],
  tool_unknown: [404, 'There is no such tool; GET /tools lists those there are.'],
} as const
export type ToolCode = keyof typeof TOOL_REFUSALS

export class ToolRefusal extends Error {
  override readonly name = 'ToolRefusal'
  readonly code: ToolCode
  readonly figures: Readonly<Record<string, string | number | boolean | null>>
  constructor(code: ToolCode, figures: ToolRefusal['figures'] = {}) {
    super(code)
    this.code = code
    this.figures = figures
  }
}

/** A call that brought no answer. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure'
  readonly code: 'failed' | 'timeout' | 'result_too_large'
  /** Whether another try may go better. */
  readonly may_pass: boolean
  constructor(code: ToolFailure['code'], message: string, mayPass: boolean, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.may_pass = mayPass
  }
}
