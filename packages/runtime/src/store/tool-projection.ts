import type { SQLInputValue } from 'node:sqlite'
import type { EconomyEvent } from '@syntropism/contract'

/** Rows that an event about calls of outside tools writes. */
export function projectTools(event: EconomyEvent, run: (sql: string, row: readonly SQLInputValue[]) => void): void {
  if (event.type === 'tool_call_admitted') {
    const { data } = event
    run('INSERT INTO tool_calls VALUES (?,?,?,?,?,?,?,?,NULL,NULL,NULL,NULL,NULL)', [
      data.call_id,
      event.seq,
      event.at_ms,
      data.agent_id,
      data.server_id,
      data.tool_name,
      JSON.stringify(data.arguments),
      data.price_micro,
    ])
  } else if (event.type === 'tool_call_settled') {
    const { data } = event
    run('UPDATE tool_calls SET charged_micro = ?, elapsed_ms = ?, outcome = ?, reason = ?, result = ? WHERE call_id = ?', [
      data.charged_micro,
      data.elapsed_ms,
      data.outcome,
      data.reason,
      JSON.stringify(data.result),
      data.call_id,
    ])
  }
}
