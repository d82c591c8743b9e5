import { LlmConfig } from '@syntropism/runtime'

/** The models of a world: a gateway's configuration, and where it keeps and finds things. */
export interface WorldLlm {
  readonly config: LlmConfig
  readonly models_dir: string
  /** Answers of this world, when the configuration records or replays. */
  readonly recordings_dir: string
}

/** One micro-dollar a token, as an item's prices have it. */
const PRICE = { input: 1, output: 1 }

/** The scripted model behind an address. The worst case of every call is bounded by its text; it adds nothing of its own. */
export const scriptedLlm = (url: string): WorldLlm => ({
  config: LlmConfig.parse({
    models: { scripted: { output_tokens_max: 64, price: PRICE, prompt_tokens_overhead: 16, upstreams: [{ model: 'scripted', upstream: 'scripted' }] } },
    reference_model: 'scripted',
    upstreams: [{ base_url: url, id: 'scripted', retries: 0, timeout_ms: 10_000 }],
    usd_per_minute: 1,
  }),
  models_dir: '',
  recordings_dir: '',
})

/** A configuration in a world's terms: its price for a token, its capacity as the cap, and no limits of elsewhere. */
export const inWorld = (config: LlmConfig, tokensPerMinute: number): LlmConfig =>
  LlmConfig.parse({
    ...config,
    keys_usd_per_minute: 0,
    limits: [],
    models: Object.fromEntries(Object.entries(config.models).map(([name, model]) => [name, { ...model, price: PRICE }])),
    usd_per_minute: tokensPerMinute / 1_000_000,
  })
