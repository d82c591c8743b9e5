import type { EconomyEvent } from '@syntropism/contract'
import type { Changes } from './changes.ts'

const UNSETTLED = { charged_micro: null, elapsed_ms: null, outcome: null, reason: null, result: null }

/** Rows that an event about calls of outside tools writes. */
export function projectTools(event: EconomyEvent, changes: Changes): void {
  if (event.type === 'tool_call_admitted') {
    const { agent_id, call_id, price_micro, server_id, tool_name } = event.data
    const { at_ms, seq } = event
    const call = { ...UNSETTLED, agent_id, arguments: JSON.stringify(event.data.arguments), at_ms, price_micro, seq, server_id, tool_name }
    changes.create('tool_calls', { call_id }, call)
  } else if (event.type === 'tool_call_settled') {
    const { call_id, charged_micro, elapsed_ms, outcome, reason, result } = event.data
    changes.update('tool_calls', { call_id }, { charged_micro, elapsed_ms, outcome, reason, result: JSON.stringify(result) })
  }
}
