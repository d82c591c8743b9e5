import { z } from 'zod'
import { Id } from './units.ts'

/** Who gave an order, and why. A command that carries one is announced as `operator_acted` before its effects. */
export const Audit = z.strictObject({ by: Id, reason: z.string().min(1).max(256) })
export type Audit = z.infer<typeof Audit>

/** What an operator may do beside granting and killing. */
export const OPERATOR_COMMANDS = {
  /** Bids for windows of this agent, or of all when it is null, are not eligible until `resume_windows`; `end_now` also ends running windows, the host being the cause. */
  pause_windows: { agent_id: Id.nullable(), end_now: z.boolean() },
  resume_windows: { agent_id: Id.nullable() },
  /** A message from the operator: costs nothing, comes from `system`. */
  instruct_agent: { agent_id: Id, content: z.string().min(1) },
}
