import type { CommandOf, Refusal } from '@syntropism/contract'
import type { Json } from '../codec/index.ts'
import {
  admitCall,
  checkAdmit,
  checkClose,
  checkCreateKey,
  checkKey,
  checkReserve,
  checkSettle,
  closeReserve,
  createKey,
  openReserve,
  restoreUpstream,
  revokeKey,
  rotateKey,
  setBudget,
  settleCall,
} from '../llm/index.ts'
import type { LlmCall, LlmReserve, State, Step } from '../state/index.ts'

/** Commands that move LLM capacity. */
export type LlmCommand = CommandOf<
  | 'admit_llm_call'
  | 'close_llm_reserve'
  | 'create_llm_key'
  | 'reserve_llm_calls'
  | 'restore_llm_upstream'
  | 'revoke_llm_key'
  | 'rotate_llm_key'
  | 'set_llm_budget'
  | 'settle_llm_call'
>

/** What can be wrong with one of them. */
export function checkLlm(state: State, command: Exclude<LlmCommand, { type: 'restore_llm_upstream' | 'set_llm_budget' }>): Refusal | null {
  switch (command.type) {
    case 'admit_llm_call':
      return checkAdmit(state, command)
    case 'reserve_llm_calls':
      return checkReserve(state, command)
    case 'close_llm_reserve':
      return checkClose(state, command)
    case 'settle_llm_call':
      return checkSettle(state, command)
    case 'create_llm_key':
      return checkCreateKey(state, command.key_id)
    case 'rotate_llm_key':
    case 'revoke_llm_key':
      return checkKey(state, command.key_id)
  }
}

/** Carries one of them out. Returns its answer. */
export function performLlm(step: Step, command: LlmCommand): Readonly<Record<string, Json>> {
  const { llm } = step.state
  switch (command.type) {
    case 'admit_llm_call': {
      const call = admitCall(step, command)
      return { bound_micro_usd: call.bound_micro_usd, call_id: call.call_id }
    }
    case 'reserve_llm_calls': {
      const reserve = openReserve(step, command)
      return { calls: reserve.left.calls, reserve_id: reserve.reserve_id }
    }
    case 'close_llm_reserve':
      closeReserve(step, llm.reserves.get(command.reserve_id) as LlmReserve, command.rest, 'failed')
      return {}
    case 'settle_llm_call':
      settleCall(step, llm.calls.get(command.call_id) as LlmCall, command.finish, command.usage)
      return { call_id: command.call_id }
    case 'create_llm_key':
      createKey(step, command)
      return { key_id: command.key_id }
    case 'rotate_llm_key':
      rotateKey(step, command)
      return { key_id: command.key_id }
    case 'revoke_llm_key':
      revokeKey(step, command.key_id)
      return {}
    case 'restore_llm_upstream':
      restoreUpstream(step, command.upstream_id)
      return {}
    case 'set_llm_budget':
      setBudget(step, command)
      return {}
  }
}
