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
