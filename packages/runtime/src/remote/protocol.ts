// What engine and executors on other hosts say to each other.
import { z } from 'zod'

/** An executor's offer. `member` names one process: another under the same executor id replaces it. */
export const Join = z.strictObject({
  cpu_millicores: z.int().nonnegative(),
  member: z.uuid(),
  memory_mb: z.int().nonnegative(),
  sandbox: z.string().max(128),
  protections: z.array(z.strictObject({ active: z.boolean(), how: z.string().max(512), name: z.string().max(128) })).max(64),
})
export type Join = z.infer<typeof Join>

export const Claim = z.strictObject({ fence: z.uuid(), member: z.uuid() })
export const ClaimAnswer = z.strictObject({ granted: z.boolean() })
/** Sent every second: who is there, and what it runs. */
export const Beat = z.strictObject({ fences: z.array(z.uuid()).max(10_000), member: z.uuid() })
/** `known` is false when the engine has lost the executor or begun anew: join again. `replaced`: another process has taken the place for good. */
export const BeatAnswer = z.strictObject({ known: z.boolean(), replaced: z.boolean(), stop: z.array(z.strictObject({ fence: z.uuid(), reason: z.string() })) })

/** One run. `fence` belongs to this attempt alone: claim, beat and receipt name it, and what names another is without effect. */
export const Run = z.strictObject({
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()),
  fence: z.uuid(),
  limits: z.strictObject({
    cpu_millicores: z.int(),
    disk_mb: z.int(),
    duration_ms: z.int(),
    files_max: z.int(),
    memory_mb: z.int(),
    open_files_max: z.int(),
    processes_max: z.int(),
  }),
  run_id: z.string().max(128),
  /** gzip, base64 of the workspace's files. */
  workspace: z.string(),
})
export type Run = z.infer<typeof Run>

export const Exit = z.strictObject({
  cause: z.enum(['completed', 'crashed', 'wall_limit', 'memory_limit', 'process_limit', 'disk_limit', 'host_failure']),
  cpu_ms: z.int().nonnegative(),
  detail: z.string(),
  elapsed_ms: z.int().nonnegative(),
  exit_code: z.int().nullable(),
  memory_mb_ms: z.int().nonnegative(),
  memory_peak_mb: z.int().nonnegative(),
  output_tail: z.string(),
})
/** How a run ended, and what it left in its workspace; null when that could not be carried. */
export const Receipt = z.strictObject({ exit: Exit, fence: z.uuid(), member: z.uuid(), workspace: z.string().nullable() })
export type Receipt = z.infer<typeof Receipt>
/** The receipt is in the engine's queue, where it waits until it has had its effect. */
export const ReportAnswer = z.strictObject({ stored: z.literal(true) })

export const BEAT_MS = 1000
/** Silence after which an executor counts as lost, and after which it ends its own runs. */
export const SILENCE_MS = 5000
