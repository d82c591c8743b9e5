/** Every expected "no": a stable code, the HTTP status it maps to and what it means. The codes are part of the public interface. */
export const REFUSALS = {
  agent_busy: [409, 'The agent already runs a window with cpu.'],
  agent_dead: [409, 'The agent is dead; the dead cannot act, be paid or be woken.'],
  agent_exists: [409, 'The id is taken; ids are never used again.'],
  agent_unknown: [404, 'There is no such agent.'],
  agents_limit_reached: [409, 'The economy has as many living agents as it allows.'],
  already_started: [409, 'The lease was started before.'],
  amount_not_higher: [422, 'A bid can only be raised; to lower it, withdraw it and bid again.'],
  bid_unknown: [404, 'There is no such open bid.'],
  bundle_below_minimum: [422, 'A bundle that starts a program needs a minimum of cpu, memory and time.'],
  bundle_incomplete: [422, 'A bundle with cpu needs memory, and the reverse.'],
  bundle_over_capacity: [422, 'The bundle is larger than any executor could ever place.'],
  command_invalid: [422, 'The command does not have the documented shape.'],
  credits_insufficient: [402, 'The free balance does not cover the amount.'],
  daily_mint_limit_reached: [409, 'The human has minted the most that one may mint in a day.'],
  deadline_past: [422, 'The time named lies in the past.'],
  duration_out_of_range: [422, 'The duration is outside the limits for a bid.'],
  economy_exists: [409, 'The economy has begun already.'],
  economy_missing: [409, 'The economy has not begun: genesis comes first.'],
  executor_unknown: [404, 'There is no such executor, or its incarnation has been replaced.'],
  hourly_cap_reached: [409, 'The human has judged as many prompts as the cap allows in an hour.'],
  human_unknown: [404, 'There is no such human.'],
  id_reused: [409, 'The id was used before with other content.'],
  inbox_full: [409, 'The receiver takes no more messages until it has read some.'],
  invocation_unknown: [404, 'There is no such open invocation.'],
  lease_ended: [403, 'The lease that allowed this has ended.'],
  lease_unknown: [404, 'There is no such running lease.'],
  llm_budget_exhausted: [402, 'The call does not fit into what may still be spent.'],
  llm_call_unknown: [404, 'There is no such call that is open or may still be corrected.'],
  llm_key_exists: [409, 'The id of the key is taken; ids are never used again.'],
  llm_keys_not_offered: [
    422,
    'Nothing of the cap on spend is kept for keys: set "keys_usd_per_minute" under "llm" in syntropism.config.json to more than 0 and start the service again.',
  ],
  llm_key_unusable: [403, 'The key is unknown, expired or revoked.'],
  llm_model_forbidden: [403, 'The caller may not use this model.'],
  llm_rate_limited: [429, 'The call fits only after the running period has ended.'],
  llm_reserve_unknown: [404, 'There is no such open reserve of calls.'],
  llm_upstream_tripped: [503, 'The upstream reported more than it was allowed and is out of rotation until the operator restores it.'],
  message_too_large: [413, 'The message is larger than allowed.'],
  message_unknown: [404, 'There is no such message in the inbox.'],
  not_yours: [403, 'It belongs to somebody else.'],
  prompt_open: [409, 'The agent has an open prompt already.'],
  prompt_unknown: [404, 'There is no such open prompt.'],
  resource_not_offered: [422, 'The resource is not offered here.'],
  self_transfer: [422, 'Payer and payee are the same.'],
  service_unknown: [404, 'There is no such service.'],
  supply_overflow: [422, 'The amount would take the supply past 2^52 micro-credits.'],
  time_runs_back: [409, 'The time of the command lies before the time of the economy.'],
  tool_call_exhausted: [409, 'The tool was called as often as it may be for this call.'],
  tool_call_unknown: [404, 'There is no such open call of a tool.'],
  transfer_unknown: [404, 'There is no such transfer to reverse.'],
} as const satisfies Record<string, readonly [status: number, meaning: string]>

export type RefusalCode = keyof typeof REFUSALS

/** A "no" as a value: the code and the figures behind it. */
export interface Refusal {
  readonly code: RefusalCode
  readonly detail: Readonly<Record<string, string | number | boolean | null>>
}
