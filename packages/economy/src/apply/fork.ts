import { eventIdPrefix } from '../codec/index.ts'
import { leaseDueMs } from '../leases/index.ts'
import { type State, pushDeadline } from '../state/index.ts'

/**
 * Makes a state the beginning of another economy in virtual time: it gets a name of its own, and no executor reports any more, so that
 * running leases end when their time is over. What is owned, held, bid and owed stays. The caller hands in a state that nobody else uses.
 */
export function forkIntoVirtualTime(state: State, economyId: string): void {
  Object.assign(state, { book_changed: true, down_from_ms: null, economy_id: economyId, event_id_prefix: eventIdPrefix(economyId) })
  for (const executor of [...state.executors.values()]) state.executors.set(executor.executor_id, { ...executor, reports: false })
  for (const lease of state.leases.values()) {
    if (lease.started_at_ms === null) Object.assign(lease, { ends_at_ms: state.at_ms + lease.duration_ms, started_at_ms: state.at_ms })
    state.counters.order += 1
    pushDeadline(state.deadlines, { at_ms: leaseDueMs(state, lease), id: lease.lease_id, kind: 'lease', order: state.counters.order })
  }
}
