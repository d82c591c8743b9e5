/** A prompt as the service lists it. */
export interface Prompt {
  readonly agent_id: string
  readonly bid_micro: number
  readonly content: Record<string, unknown>
  readonly deadline_at_ms: number
  readonly prompt_id: string
  readonly status: 'shown' | 'waiting'
}
