import { Id, ModelName } from '@syntropism/contract'
import { z } from 'zod'

/** Dollars as a decimal with at most six places: exact in micro-dollars. */
const Usd = z
  .number()
  .nonnegative()
  .max(1_000_000_000)
  .refine((usd) => Math.abs(usd * 1_000_000 - Math.round(usd * 1_000_000)) < 1e-3, 'at most six decimal places: a micro-dollar is the smallest amount')
/** Dollars in the configuration → micro-dollars. */
export const usdToMicro = (usd: number): number => Math.round(usd * 1_000_000)

/** Dollars per million tokens, laid over the price data; what is left out follows `input` or `output`. */
const PriceOverride = z.strictObject({
  cache_read: Usd.optional(),
  cache_write: Usd.optional(),
  image_input: Usd.optional(),
  input: Usd,
  output: Usd.default(0),
  reasoning: Usd.optional(),
  request: Usd.default(0).describe('Dollars for each request'),
})

/** What an upstream speaks: OpenAI's API, a provider's own, or nothing: a model in this process. */
const KINDS = ['openai', 'anthropic', 'google', 'embedded'] as const

const Upstream = z
  .strictObject({
    answer_bytes_max: z.int().positive().default(134_217_728).describe('Largest answer of a server that speaks OpenAI’s API; what is longer is broken off'),
    api_key_env: z.string().optional().describe('Name of the environment variable with its key; none is sent when left out'),
    base_url: z.url().optional().describe("Address before `/chat/completions`, for example https://api.openai.com/v1; the provider's own when left out"),
    breaker_failures: z.int().positive().default(5).describe('Failures in a row that open its circuit, and how long it then stays open'),
    breaker_open_ms: z.int().positive().default(30_000),
    context_tokens: z.int().min(256).max(1_048_576).default(2048).describe('Tokens of prompt and answer together that an embedded model has room for'),
    id: Id,
    kind: z.enum(KINDS).default('openai'),
    max_tokens_member: z
      .enum(['max_completion_tokens', 'max_tokens'])
      .optional()
      .describe('Name by which a chat’s maximum of output goes out; max_completion_tokens for OpenAI and Azure, else max_tokens, when left out'),
    models_dir: z.string().min(1).optional().describe('Folder of embedded models and their library; `models` in the data folder when left out'),
    on_hang_up: z
      .enum(['cancel', 'drain'])
      .default('cancel')
      .describe('When the caller hangs up: cancel the call and book its bound, or read it to the end for its usage'),
    price_provider: z.string().optional().describe('Provider whose prices apply; found by `kind` and `base_url` when left out'),
    retries: z.int().min(0).max(10).default(2).describe('Tries after a first one that failed without cost'),
    threads: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe('Threads of an embedded model. More than the machine has to spare are slower than one: they spin while they wait for each other'),
    timeout_ms: z
      .int()
      .positive()
      .default(120_000)
      .describe('Longest wait for an answer to begin, and between two parts of a stream; for an embedded model, for the whole answer'),
  })
  .refine(({ base_url, kind }) => kind !== 'openai' || base_url !== undefined, {
    message: 'is needed for a server that speaks OpenAI’s API',
    path: ['base_url'],
  })
export type UpstreamConfig = z.infer<typeof Upstream>

const Model = z.strictObject({
  image_tokens_max: z.int().positive().optional().describe('Tokens of one image at most; without it requests with images are refused'),
  output_tokens_max: z.int().positive().optional().describe('Put into requests that name no maximum; without it such requests are refused'),
  price: PriceOverride.optional(),
  prompt_tokens_overhead: z.int().nonnegative().default(256).describe("Tokens that the upstream's template may add to a prompt"),
  request_members: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Members of requests, and kinds of parts, that are passed on although nothing is known of what they cost; all others that are unknown are refused',
    ),
  upstreams: z
    .array(z.strictObject({ model: z.string().min(1), upstream: Id }))
    .min(1)
    .describe('Where it is served, in the order of preference'),
})
export type ModelConfig = z.infer<typeof Model>

/** The LLM gateway: upstreams, the models offered and the cap. */
export const LlmConfig = z
  .strictObject({
    keys_usd_per_minute: Usd.default(0).describe('Part of the cap kept for keys'),
    limits: z.array(z.strictObject({ model: ModelName.nullable(), usd: Usd, window_ms: z.int().nonnegative() })).default([]),
    models: z.record(ModelName, Model),
    recording: z.enum(['off', 'record', 'replay']).default('off').describe('Keep every answer, or answer from what was kept without any upstream'),
    reference_model: ModelName.optional().describe('Model by whose output price dollars are shown as tokens'),
    upstreams: z.array(Upstream).min(1),
    usd_per_minute: Usd.describe('The most that calls starting in one aligned minute may cost'),
  })
  .superRefine((llm, context) => {
    const ids = new Set(llm.upstreams.map((one) => one.id))
    for (const [name, model] of Object.entries(llm.models))
      for (const { upstream } of model.upstreams)
        if (!ids.has(upstream))
          context.addIssue({
            code: 'custom',
            message: `there is no upstream "${upstream}"; there are: ${[...ids].join(', ')}`,
            path: ['models', name, 'upstreams'],
          })
    if (ids.size < llm.upstreams.length) context.addIssue({ code: 'custom', message: 'two upstreams have the same id', path: ['upstreams'] })
    if (llm.keys_usd_per_minute > llm.usd_per_minute)
      context.addIssue({ code: 'custom', message: 'is part of usd_per_minute and cannot be larger', path: ['keys_usd_per_minute'] })
    if (llm.reference_model !== undefined && llm.models[llm.reference_model] === undefined)
      context.addIssue({ code: 'custom', message: 'is none of models', path: ['reference_model'] })
  })
export type LlmConfig = z.infer<typeof LlmConfig>
