import type { SQLInputValue } from 'node:sqlite'
import type { EconomyEvent } from '@syntropism/contract'

/** Rows that an event about LLM calls writes. */
export function projectLlm(event: EconomyEvent, run: (sql: string, row: readonly SQLInputValue[]) => void): void {
  if (event.type === 'llm_call_admitted') {
    const { data } = event
    run('INSERT INTO llm_calls VALUES (?,?,?,?,?,?,?,?,?,?,?,NULL,0,0,NULL,NULL,NULL)', [
      Number(data.call_id.slice('call-'.length)),
      event.seq,
      event.at_ms,
      data.minute,
      data.agent_id,
      data.key_id,
      data.lease_id,
      data.model,
      data.upstream_id,
      JSON.stringify(data.price),
      data.bound_micro_usd,
    ])
  } else if (event.type === 'llm_call_settled') {
    const { data } = event
    run('UPDATE llm_calls SET cost_micro_usd = ?, overrun_micro_usd = ?, estimated = ?, finish = ?, input_tokens = ?, output_tokens = ? WHERE number = ?', [
      data.cost_micro_usd,
      data.overrun_micro_usd,
      data.estimated ? 1 : 0,
      data.finish,
      data.usage?.input_tokens ?? null,
      data.usage?.output_tokens ?? null,
      Number(data.call_id.slice('call-'.length)),
    ])
  }
}
