import { z } from 'zod'
import { AmountMicro, BundleAmounts, DurationMs, Id, RatioPpm } from './units.ts'

/** `agent.json`: how a folder becomes an agent. */
export const AgentManifest = z.strictObject({
  $schema: z.string().optional(),
  /** Clock of benchmark worlds for an agent that waits by itself: `wall`; the others think while it stands. */
  clock: z.enum(['virtual', 'wall']).optional(),
  /** Program and arguments, run inside the workspace, e.g. ["node", "main.ts"]. */
  command: z.array(z.string().min(1)).min(1),
  description: z.string().max(1000).optional(),
  /** Models it may call once a gateway is configured. */
  models: z.array(z.string()).optional(),
  /** The agent's id in the economy. */
  name: Id,
  /** Services it means to offer; the program registers them itself. */
  services: z.array(z.strictObject({ cost_micro: z.int().nonnegative(), service_name: Id })).optional(),
  /** Placed again after every window; null for an agent that others wake. A bundle in amounts, as bids over HTTP may have it too; the first window starts its program, so it needs cpu and memory. */
  standing_bid: z
    .strictObject({
      bundle: z.strictObject({ ...BundleAmounts.shape, cpu_millicores: z.int().positive(), memory_mb: z.int().positive() }),
      duration_ms: DurationMs,
      limit_micro: AmountMicro,
      margin_ppm: RatioPpm,
      pause_ms: z.int().nonnegative(),
    })
    .nullable(),
  /** Start credits granted at genesis; the configuration's default when left out. */
  start_credits_micro: z.int().nonnegative().optional(),
})
export type AgentManifest = z.infer<typeof AgentManifest>
