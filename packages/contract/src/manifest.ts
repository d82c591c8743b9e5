import { z } from 'zod'
import { Id, StandingBid } from './units.ts'

/** `agent.json`: how a folder becomes an agent. */
export const AgentManifest = z.strictObject({
  $schema: z.string().optional(),
  /** The agent's id in the economy. */
  name: Id,
  description: z.string().max(1000).optional(),
  /** The program and its arguments, run inside the workspace, e.g. ["node", "main.ts"]. */
  command: z.array(z.string().min(1)).min(1),
  /** Placed again after every window. */
  standing_bid: StandingBid,
  /** Services it means to offer, for the directory of the folder; the program registers them itself. */
  services: z.array(z.strictObject({ cost_micro: z.int().nonnegative(), name: Id })).optional(),
  /** Models it may call once a gateway is configured. */
  models: z.array(z.string()).optional(),
})
export type AgentManifest = z.infer<typeof AgentManifest>
