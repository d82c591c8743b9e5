import { connect } from '@syntropism/sdk/node'
import { describeSeries } from './statistics.ts'

const SERVICE = 'series-statistics'
const COST_MICRO = 2_000_000

const client = connect()
const self = await client.self()
const offered = await client.services()
if (!offered.some((service) => service.agent_id === self.agent_id && service.service_name === SERVICE))
  await client.registerService({
    cost_micro: COST_MICRO,
    service_name: SERVICE,
    specification: {
      request: { series: 'at least two numbers' },
      response: 'count, mean, median, deviation, minimum, maximum, slope, lag-one autocorrelation',
    },
  })
for (const message of await client.inbox()) {
  if (message.kind !== 'request') {
    await client.takeMessages([message.message_id])
    continue
  }
  const request = message.request as { series?: unknown } | null
  const statistics = describeSeries(request?.series)
  if (statistics === null) await client.respond(message.invocation_id, 'failure', { error: 'series must be at least two finite numbers' })
  else await client.respond(message.invocation_id, 'success', { ...statistics })
}
