import { calcPrice, findProvider } from '@pydantic/genai-prices'
import type { LlmPrice } from '@syntropism/contract'
import { type ModelConfig, type UpstreamConfig, usdToMicro } from '../config/index.ts'

type Rate = number | { readonly base: number; readonly tiers: readonly { readonly price: number; readonly start: number }[] } | undefined

/** Dollars per million in the tier that a prompt of this size may reach. */
const inTier = (rate: Rate, promptTokensMax: number): number | undefined =>
  typeof rate === 'object' ? rate.tiers.reduce((price, tier) => (promptTokensMax > tier.start ? Math.max(price, tier.price) : price), rate.base) : rate

interface Rates {
  readonly cache_read?: number | undefined
  readonly cache_write?: number | undefined
  readonly image_input?: number | undefined
  readonly input: number
  readonly output: number
  readonly reasoning?: number | undefined
  readonly request: number
}

const toPrice = (rates: Rates): LlmPrice => ({
  cache_read_per_million: usdToMicro(rates.cache_read ?? rates.input),
  cache_write_per_million: usdToMicro(rates.cache_write ?? rates.input),
  image_input_per_million: usdToMicro(rates.image_input ?? rates.input),
  input_per_million: usdToMicro(rates.input),
  output_per_million: usdToMicro(rates.output),
  reasoning_per_million: usdToMicro(rates.reasoning ?? rates.output),
  request_micro_usd: usdToMicro(rates.request),
})

/** Provider of an upstream in the price data; undefined for one that it does not know. */
const providerOf = ({ base_url, kind }: UpstreamConfig): string | undefined =>
  kind === 'anthropic' || kind === 'google' ? kind : base_url === undefined ? undefined : findProvider({ providerApiUrl: base_url })?.id

/** Prices may change with the hour; looking them up in each call would take as long as the call. */
const LOOKED_UP_MS = 60_000
const lookedUp = new Map<string, { readonly minute: number; readonly found: ReturnType<typeof calcPrice> }>()

function lookUp(providerId: string, model: string, at: Date): ReturnType<typeof calcPrice> {
  const name = `${providerId} ${model}`
  const minute = Math.floor(at.getTime() / LOOKED_UP_MS)
  const known = lookedUp.get(name)
  if (known?.minute === minute) return known.found
  const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, model, { providerId, timestamp: at })
  lookedUp.set(name, { found, minute })
  return found
}

const configured = new WeakMap<ModelConfig, LlmPrice>()

/** The configuration's price of a model, worked out once. */
function configuredPrice(model: ModelConfig, rates: Rates): LlmPrice {
  const known = configured.get(model)
  if (known !== undefined) return known
  const price = toPrice(rates)
  configured.set(model, price)
  return price
}

/**
 * Price of a model at an upstream: the configuration's, else that of the price data for the upstream's provider; null when unknown.
 * A tier that the prompt may reach counts in full.
 */
export function priceOf(model: ModelConfig, upstreamModel: string, upstream: UpstreamConfig, promptTokensMax: number, at?: Date): LlmPrice | null {
  if (model.price !== undefined) return configuredPrice(model, model.price)
  const providerId = upstream.price_provider ?? providerOf(upstream)
  if (providerId === undefined) return null
  const found = lookUp(providerId, upstreamModel, at ?? new Date())
  if (found === null) return null
  const rate = (name: string): number | undefined => inTier(found.model_price[name] as Rate, promptTokensMax)
  const input = rate('input_mtok')
  if (input === undefined) return null
  const writes = [rate('cache_write_mtok'), rate('cache_write_1h_mtok')].filter((one) => one !== undefined)
  return toPrice({
    cache_read: rate('cache_read_mtok'),
    cache_write: writes.length === 0 ? undefined : Math.max(...writes),
    image_input: rate('input_image_mtok'),
    input,
    output: rate('output_mtok') ?? 0,
    request: (rate('requests_kcount') ?? 0) / 1000,
  })
}
