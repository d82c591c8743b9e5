import type { Indicators } from '@syntropism/economy'
import { WATCHERS } from './principal.ts'
import { type App, type ServiceParts, addOperation } from './service.ts'

/** The economy in figures, the same that a simulation shows. */
export function addIndicatorRoutes(app: App, parts: ServiceParts, indicators: () => Indicators): void {
  const { host } = parts
  addOperation(app, parts, {
    handle: () => ({ at_ms: host.now(), economy_id: host.state.economy_id, seq: host.state.seq, indicators: indicators() }),
    method: 'get',
    path: '/economy/indicators',
    roles: WATCHERS,
    summary: 'Inequality, velocity, supply, prices, use, welfare and its gap, population and lineage.',
    tag: 'economic',
  })
}
