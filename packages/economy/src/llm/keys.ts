import type { CommandOf, Refusal } from '@syntropism/contract'
import { type LlmKey, type State, type Step, emit, refuse } from '../state/index.ts'
import { keyGauge } from './limits.ts'

/** Shares of a window's limit that are announced when spend reaches them. */
const THRESHOLDS_PERCENT = [50, 80, 95] as const

export const checkCreateKey = (state: State, keyId: string): Refusal | null => (state.llm.keys.has(keyId) ? refuse('llm_key_exists', { key_id: keyId }) : null)

/** Whether a key may be used or changed: known, and neither revoked nor expired. */
export function checkKey(state: State, keyId: string): Refusal | null {
  const key = state.llm.keys.get(keyId)
  const reason = key === undefined ? 'unknown' : key.revoked ? 'revoked' : key.expires_at_ms !== null && key.expires_at_ms <= state.at_ms ? 'expired' : null
  return reason === null ? null : refuse('llm_key_unusable', { key_id: keyId, reason })
}

export function createKey(step: Step, command: CommandOf<'create_llm_key'>): void {
  const { expires_at_ms, key_id, models, name, parallel_max, requests_per_minute, token_hash, tokens_per_minute } = command
  const windows = command.windows.map(({ limit_micro_usd, window_ms }) => ({ limit_micro_usd, window_ms }))
  const terms = { expires_at_ms, models: [...models], parallel_max, requests_per_minute, tokens_per_minute, windows }
  step.state.llm.keys.set(key_id, { ...terms, key_id, name, open_calls: 0, revoked: false, token_hash })
  emit(step, 'llm_key_created', '', { key_id, name, terms })
}

/** A new secret for the same key: its windows go on. */
export function rotateKey(step: Step, command: CommandOf<'rotate_llm_key'>): void {
  const key = step.state.llm.keys.get(command.key_id) as LlmKey
  key.token_hash = command.token_hash
  emit(step, 'llm_key_rotated', '', { key_id: key.key_id })
}

export function revokeKey(step: Step, keyId: string): void {
  const key = step.state.llm.keys.get(keyId) as LlmKey
  key.revoked = true
  emit(step, 'llm_key_revoked', '', { key_id: keyId })
}

/** Announces each threshold that a key's settled spend has reached, once per window. */
export function announceThresholds(step: Step, keyId: string): void {
  const { gauges, keys } = step.state.llm
  const key = keys.get(keyId) as LlmKey
  for (const { limit_micro_usd, window_ms } of key.windows) {
    const gauge = gauges.get(keyGauge(keyId, window_ms))
    if (gauge === undefined || limit_micro_usd === 0) continue
    for (const threshold_percent of THRESHOLDS_PERCENT) {
      if (threshold_percent <= gauge.announced_percent || gauge.settled * 100 < limit_micro_usd * threshold_percent) continue
      gauge.announced_percent = threshold_percent
      emit(step, 'llm_threshold_reached', '', { key_id: keyId, limit_micro_usd, spent_micro_usd: gauge.settled, threshold_percent, window_ms })
    }
  }
}
