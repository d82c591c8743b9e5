import type { EconomyEvent } from '@syntropism/contract'
import type { Changes } from './changes.ts'

const UNSETTLED = {
  cost_micro_usd: null,
  estimated: 0,
  finish: null,
  input_tokens: null,
  output_tokens: null,
  overrun_micro_usd: 0,
}
const numberOf = (callId: string): number => Number(callId.slice('call-'.length))

/** Rows that an event about LLM calls writes. */
export function projectLlm(event: EconomyEvent, changes: Changes): void {
  if (event.type === 'llm_call_admitted') {
    const { agent_id, bound_micro_usd, call_id, key_id, lease_id, minute, model, price, upstream_id } = event.data
    const { at_ms, seq } = event
    const call = { ...UNSETTLED, agent_id, at_ms, bound_micro_usd, key_id, lease_id, minute, model, price: JSON.stringify(price), seq, upstream_id }
    changes.create('llm_calls', { number: numberOf(call_id) }, call)
  } else if (event.type === 'llm_call_settled') {
    const { call_id, cost_micro_usd, estimated, finish, overrun_micro_usd, usage } = event.data
    changes.update(
      'llm_calls',
      { number: numberOf(call_id) },
      {
        cost_micro_usd,
        estimated: estimated ? 1 : 0,
        finish,
        input_tokens: usage?.input_tokens ?? null,
        output_tokens: usage?.output_tokens ?? null,
        overrun_micro_usd,
      },
    )
  }
}
