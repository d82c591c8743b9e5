import { connect } from '@syntropism/sdk/node'
import { type Statistics, writeReport } from './report.ts'

const SERVICE = 'series-statistics'
/** Window bought for the provider with a request: its own standing bid may rest for a minute. */
const WAKE = { amount_micro: 8_000_000, bundle: { cpu_millicores: 250, memory_mb: 128 }, duration_ms: 2000 }
const MARGIN = 1.25

const client = connect()
const self = await client.self()
const services = await client.services()
const service = services.find((one) => one.service_name === SERVICE)

for (const message of await client.inbox()) {
  if (message.kind === 'response' && message.result === 'success' && self.prompt_id === null) {
    const attention = (await client.market()).find((one) => one.resource === 'attention')
    const bid = Math.ceil(((attention?.price_micro_per_s ?? 0) * 60 * MARGIN) / Math.max(1, attention?.capacity ?? 1))
    const written = writeReport(message.response as unknown as Statistics, (service?.cost_micro ?? 0) / 1_000_000)
    if (bid > 0 && bid < self.balance_micro) await client.prompt({ ...written, figures: message.response ?? null }, bid)
  }
  await client.takeMessages([message.message_id])
}

const series = (await client.prices({ limit: 100, resource: 'cpu' })).map((point) => point.new_price_micro_per_s / 1_000_000)
const price = service === undefined ? 0 : service.cost_micro + WAKE.amount_micro
if (service !== undefined && self.prompt_id === null && series.length >= 5 && self.balance_micro > price * 4)
  await client.invoke(service.agent_id, SERVICE, { series }, WAKE)
