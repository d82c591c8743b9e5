import { z } from 'zod'

/** Largest credit supply, in micro-credits: 2^52, so that sums and differences stay safe integers. */
export const SUPPLY_MICRO_MAX = 2 ** 52

/** A positive amount of micro-credits (1 credit = 1 000 000). */
export const AmountMicro = z.int().positive().max(SUPPLY_MICRO_MAX)
/** Zero or more micro-credits. */
export const AmountMicroOrZero = z.int().nonnegative().max(SUPPLY_MICRO_MAX)
/** Milliseconds of economy time since the Unix epoch. */
export const AtMs = z.int().nonnegative().max(Number.MAX_SAFE_INTEGER)
/** A length of time in milliseconds. */
export const DurationMs = z.int().positive().max(Number.MAX_SAFE_INTEGER)
/** Parts per million of a resource's capacity. */
export const SharePpm = z.int().positive().max(1_000_000)
/** A ratio in parts per million that may pass one. */
export const RatioPpm = z.int().nonnegative().max(1_000_000_000)
/** An id of an agent, human, executor, service …: 1–64 characters that are safe in a URL, a file name and a NATS token. */
export const Id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be 1–64 letters, digits, _ or -, starting with a letter or digit')
/** A client's id of a command (`Idempotency-Key`): 1–128 printable ASCII characters. */
export const ClientId = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1–128 printable ASCII characters without spaces')

/** What is for sale, in the one order used everywhere. */
export const RESOURCES = ['cpu', 'memory', 'llm', 'attention'] as const
export const Resource = z.enum(RESOURCES)
export type Resource = z.infer<typeof Resource>

/** A share of each resource, in parts per million; a resource that is left out is not wanted. */
export const Bundle = z
  .strictObject({ attention: SharePpm.optional(), cpu: SharePpm.optional(), llm: SharePpm.optional(), memory: SharePpm.optional() })
  .refine((bundle) => Object.values(bundle).some((share) => share !== undefined), 'a bundle names at least one resource')
export type Bundle = z.infer<typeof Bundle>

/** The same in absolute amounts, which become shares of what is for sale. LLM spend is bought alone, too; cpu and memory go together. */
export const BundleAmounts = z
  .strictObject({
    cpu_millicores: z.int().positive().optional(),
    llm_micro_usd_per_minute: z.int().positive().optional(),
    memory_mb: z.int().positive().optional(),
  })
  .refine((amounts) => Object.values(amounts).some((amount) => amount !== undefined), 'a bundle names at least one resource')
export type BundleAmounts = z.infer<typeof BundleAmounts>

/** A bid that the economy places by itself whenever its agent has neither a window nor another bid. */
export const StandingBid = z.strictObject({
  bundle: Bundle,
  duration_ms: DurationMs,
  /** The most it may cost; held while the bid is open. */
  limit_micro: AmountMicro,
  /** What is offered above the reserve cost, in parts per million of it. */
  margin_ppm: RatioPpm,
  /** Rest between the end of one window and the next bid's eligibility. */
  pause_ms: z.int().nonnegative().max(86_400_000),
})
export type StandingBid = z.infer<typeof StandingBid>

/** A human's three scores, each an integer from 0 to 10. */
export const Scores = z.strictObject({
  interesting: z.int().min(0).max(10),
  understandable: z.int().min(0).max(10),
  useful: z.int().min(0).max(10),
})
export type Scores = z.infer<typeof Scores>

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/
/** A W3C `traceparent` (version 00) whose ids are not all zeros. */
export const Traceparent = z.string().regex(TRACEPARENT)

/** The ids that a `traceparent` names. */
export interface TraceIds {
  readonly trace_id: string
  readonly span_id: string
}

/** Trace id and span id of a `traceparent`, or null when it is none. */
export function traceIdsOf(traceparent: string): TraceIds | null {
  const parts = TRACEPARENT.exec(traceparent)
  return parts === null ? null : { span_id: parts[2] as string, trace_id: parts[1] as string }
}
