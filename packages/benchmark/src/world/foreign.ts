import type { EconomyEvent } from '@syntropism/contract'
import type { Host } from '@syntropism/runtime'
import { EXECUTOR, INCARNATION } from './settings.ts'

/** Windows of everyone but the agent under test: nothing runs in them, they go to their end. */
export class ForeignWindows {
  readonly #ends = new Map<string, number>()
  readonly #host: Host
  readonly #agentId: string

  constructor(host: Host, agentId: string) {
    this.#host = host
    this.#agentId = agentId
  }

  onEvent(event: EconomyEvent): void {
    if (event.type === 'resources_allocated' && event.data.executor_id === EXECUTOR && event.data.agent_id !== this.#agentId)
      this.#ends.set(event.data.lease_id, event.data.ends_at_ms)
  }

  /** Starts those that were allocated and ends those whose time is over. */
  async advance(nowMs: number): Promise<void> {
    for (const [lease_id, endsAtMs] of [...this.#ends]) {
      const about = { executor_id: EXECUTOR, incarnation: INCARNATION, lease_id, owner: `executor:${EXECUTOR}` }
      if (this.#host.state.leases.has(lease_id)) await this.#host.submit({ ...about, type: 'start_lease' })
      if (endsAtMs > nowMs) continue
      this.#ends.delete(lease_id)
      const nothing = { cause: 'completed', cpu_ms: 0, detail: '', elapsed_ms: 0, exit_code: 0, memory_mb_ms: 0, memory_peak_mb: 0 } as const
      await this.#host.submit({ ...about, ...nothing, type: 'end_lease' })
    }
  }
}
