import { BusCredentials } from './answers.ts'
import { Refused } from '../refusal/index.ts'
import { type App, type ServiceParts, addOperation, agentIn } from './service.ts'

/** An agent's own way to the bus. */
export function addBusRoutes(app: App, parts: ServiceParts): void {
  addOperation(app, parts, {
    handle: async (_input, call) => {
      const { agent_id, lease_id } = agentIn(call)
      const lease = parts.host.state.leases.get(lease_id)
      if (lease === undefined) throw new Refused('lease_ended', { lease_id })
      if (parts.busCredentials === undefined) throw new Refused('resource_not_offered', { resource: 'nats' })
      return parts.busCredentials({ agent_id, expires_at_ms: lease.ends_at_ms, lease_id })
    },
    answer: BusCredentials,
    method: 'post',
    path: '/execution/nats',
    roles: ['agent'],
    summary: 'Credentials for NATS that allow calls in one’s own name, until the lease ends.',
    tag: 'execution',
  })
}
