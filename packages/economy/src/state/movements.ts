import type { EconomyEvent, EventData } from '@syntropism/contract'
import { microToCredits } from '../units/index.ts'

/** Every movement of credits that an event tells of, as `credits_transferred` tells one. */
export function movementsIn(event: EconomyEvent): readonly EventData<'credits_transferred'>[] {
  if (event.type === 'credits_transferred') return [event.data]
  if (event.type !== 'transfers_posted') return []
  const { first_entry_id, first_transfer_number, transfers } = event.data
  return transfers.map(({ amount_micro, from_agent, purpose, to_agent }, index) => ({
    amount: microToCredits(amount_micro),
    amount_micro,
    entry_id: first_entry_id + index,
    from_account: 'balance',
    from_agent,
    hold_id: null,
    purpose,
    to_account: 'balance',
    to_agent,
    transfer_id: `transfer-${first_transfer_number + index}`,
  }))
}
