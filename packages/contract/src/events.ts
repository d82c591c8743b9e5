import { z } from 'zod'
import { Certificate, Quantities } from './certificate.ts'
import { D, H, Text, event } from './event-shape.ts'
import { LLM_EVENTS } from './llm-events.ts'
import { PriceCurve } from './rules.ts'
import { TOOL_EVENTS } from './tools.ts'
import { Bundle, Resource, Scores } from './units.ts'

const Micro = z.int()
const Credits = z.number()
const Json = z.json()
/** A bundle as events show it: the shares bought and what they mean in absolute units. */
export const BundleShown = z.object({ cpu_seconds: z.number(), duration_ms: z.int(), memory_mb: z.int(), shares_ppm: Bundle, tokens: z.int() })

/** The one source of event schemas: type → who speaks, the subject's last three tokens, and the shape of `data`. */
export const EVENTS = {
  balance_queried: event('system', 'economy.balance.queried', D, { agent_id: Text, balance: Credits, balance_micro: Micro }),
  bid_placed: event('system', 'market.bid.placed', D, {
    agent_id: Text,
    bid_id: Text,
    bundle: BundleShown,
    caller_traceparent: Text.optional(),
    expires_at_ms: z.int().nullable(),
    not_before_ms: z.int(),
    payer_id: Text,
    standing: z.boolean(),
    tip_micro: Micro.optional(),
    total_cost: Credits,
    total_cost_micro: Micro,
  }),
  bid_rejected: event('system', 'market.bid.rejected', D, {
    agent_id: Text,
    available: Credits.nullable(),
    available_micro: Micro.nullable(),
    bid_id: Text.nullable(),
    /** Given, and true, where the amount is an estimate and no clearing was run with it. */
    lowest_winning_is_estimate: z.boolean().optional(),
    lowest_winning_micro: Micro.nullable(),
    reason: Text,
    required: Credits.nullable(),
    required_micro: Micro.nullable(),
  }),
  resources_allocated: event('system', 'market.resources.allocated', D, {
    agent_id: Text,
    bid_id: Text,
    bundle: BundleShown,
    clearing_id: Text.nullable(),
    cost: Credits,
    cost_micro: Micro,
    ends_at_ms: z.int(),
    executor_id: Text.nullable(),
    incarnation: Text.nullable(),
    lease_id: Text,
    payer_id: Text,
    payload: Json.optional(),
    quantities: Quantities,
  }),
  price_update: event('system', 'market.price.updated', D, {
    new_price: Credits,
    new_price_micro_per_s: Micro,
    old_price: Credits,
    old_price_micro_per_s: Micro,
    reason: z.enum(['demand_spike', 'supply_constraint', 'low_demand', 'rules_changed']),
    resource: Resource,
    utilisation_ppm: z.int(),
  }),
  credits_transferred: event('system', 'economy.credits.transferred', D, {
    amount: Credits,
    amount_micro: Micro,
    entry_id: z.int(),
    from_account: Text,
    from_agent: Text,
    hold_id: Text.nullable(),
    purpose: Text,
    to_account: Text,
    to_agent: Text,
    transfer_id: Text,
  }),
  /** A batch of transfers between free balances: entries and transfers are numbered on from the first. */
  transfers_posted: event('system', 'economy.transfers.posted', H, {
    first_entry_id: z.int(),
    first_transfer_number: z.int(),
    transfers: z.array(z.object({ amount_micro: Micro, from_agent: Text, purpose: Text, to_agent: Text })),
  }),
  human_reward_issued: event('system', 'attention.reward.issued', D, {
    agent_id: Text,
    credits_awarded: Credits,
    credits_awarded_micro: Micro,
    human_id: Text,
    prompt_id: Text,
    reason: Text.nullable(),
    scores: Scores,
  }),
  service_registered: event('system', 'service.registry.registered', D, {
    advertised_cost: Credits,
    advertised_cost_micro: Micro,
    agent_id: Text,
    payment: Text,
    service_name: Text,
    specification: z.record(Text, Json),
  }),
  service_invoked: event('system', 'service.invocation.ended', D, {
    caller_agent: Text,
    cost: Credits,
    cost_micro: Micro,
    execution_time_ms: z.int(),
    invocation_id: Text,
    provider_agent: Text,
    reason: Text,
    response: Json,
    result: z.enum(['success', 'failure']),
    service_name: Text,
  }),
  agent_spawned: event('system', 'agent.life.spawned', D, {
    child_id: Text,
    depth: z.int(),
    files: z.record(Text, Text).optional(),
    initial_balance: Credits,
    initial_balance_micro: Micro,
    lineage: z.array(Text),
    model_tier: Text,
    name: Text,
    parent_id: Text,
    spawn_cost: Credits,
    spawn_cost_micro: Micro,
  }),
  agent_dormant: event('system', 'agent.life.dormant', D, {
    agent_id: Text,
    final_balance: Credits,
    final_balance_micro: Micro,
    reason: z.enum(['voluntary', 'insufficient_credits', 'crashed']),
  }),
  agent_awake: event('system', 'agent.life.awake', D, { agent_id: Text, awakened_by: Text, current_balance: Credits, current_balance_micro: Micro }),
  execution_started: event('system', 'execution.window.started', H, { agent_id: Text, ends_at_ms: z.int(), execution_id: Text, executor_id: Text }),
  execution_terminated: event('system', 'execution.window.terminated', H, {
    agent_id: Text,
    bid_id: Text,
    cause: Text,
    cpu_ms_granted: z.int(),
    cpu_ms_used: z.int(),
    detail: Text,
    elapsed_ms: z.int(),
    entry_ids: z.array(z.int()),
    execution_id: Text,
    exit_code: z.int().nullable(),
    memory_mb_ms_granted: z.int(),
    memory_mb_ms_used: z.int(),
    memory_peak_mb: z.int(),
    offered_micro: Micro,
    paid: Credits,
    paid_micro: Micro,
    reason: Text,
    refunded: Credits,
    refunded_micro: Micro,
    /** Driver that ran the program, and what it held. */
    sandbox: Text.optional(),
    spend_micro_usd: z.int(),
    tokens: z.int(),
  }),
  utilisation_changed: event('system', 'market.utilisation.changed', H, { capacity: z.int(), resource: Resource, sold: z.int(), utilisation_ppm: z.int() }),
  market_cleared: event('system', 'market.clearing.completed', H, { certificate: Certificate }),
  bid_raised: event('system', 'market.bid.raised', H, {
    agent_id: Text,
    bid_id: Text,
    new_amount: Credits,
    new_amount_micro: Micro,
    old_amount_micro: Micro,
    payer_id: Text,
  }),
  bid_withdrawn: event('system', 'market.bid.withdrawn', H, {
    agent_id: Text,
    bid_id: Text,
    /** Given, and true, where the amount is an estimate and no clearing was run with it. */
    lowest_winning_is_estimate: z.boolean().optional(),
    lowest_winning_micro: Micro.nullable(),
    payer_id: Text,
    reason: Text,
  }),
  standing_bid_set: event('system', 'market.standing_bid.set', H, { agent_id: Text, standing_bid: Json }),
  agent_created: event('system', 'agent.life.created', H, { agent_id: Text, grant: Credits, grant_micro: Micro, models: z.array(Text), name: Text }),
  agent_died: event('system', 'agent.life.died', H, {
    agent_id: Text,
    cause: z.enum(['economic', 'killed']),
    estate: Credits,
    estate_micro: Micro,
    heir_id: Text.nullable(),
    reason: Text,
  }),
  message_sent: event('system', 'agent.message.sent', H, { content: Text, from_agent: Text, message_id: Text, to_agent: Text }),
  messages_taken: event('system', 'agent.message.taken', H, { agent_id: Text, message_ids: z.array(Text) }),
  service_requested: event('system', 'service.invocation.requested', H, {
    caller_agent: Text,
    cost: Credits,
    cost_micro: Micro,
    deadline_at_ms: z.int(),
    invocation_id: Text,
    message_id: Text,
    provider_agent: Text,
    request: Json,
    service_name: Text,
  }),
  service_removed: event('system', 'service.registry.removed', H, { agent_id: Text, service_name: Text }),
  prompt_filed: event('system', 'attention.prompt.filed', H, {
    agent_id: Text,
    bid: Credits,
    bid_micro: Micro,
    content: z.record(Text, Json),
    deadline_at_ms: z.int(),
    lease_id: Text.nullable(),
    prompt_id: Text,
  }),
  prompt_shown: event('system', 'attention.prompt.shown', H, { agent_id: Text, prompt_id: Text, until_ms: z.int() }),
  prompt_ended: event('system', 'attention.prompt.ended', H, {
    agent_id: Text,
    burned_micro: Micro,
    prompt_id: Text,
    reason: z.enum(['scored', 'skipped', 'withdrawn', 'deadline', 'agent_dead']),
    refunded_micro: Micro,
  }),
  duty_changed: event('system', 'attention.duty.changed', H, {
    /** When a break ends by itself. */
    back_at_ms: z.int().optional(),
    human_id: Text,
    humans_on_duty: z.int(),
    judgements_per_hour_max: z.int().nullable().optional(),
    on_duty: z.boolean(),
    reason: z.enum(['break', 'break_over', 'hourly_cap']).optional(),
  }),
  executor_registered: event('system', 'execution.executor.registered', H, {
    cpu_millicores: z.int(),
    executor_id: Text,
    incarnation: Text,
    memory_mb: z.int(),
  }),
  executor_removed: event('system', 'execution.executor.removed', H, { executor_id: Text, reason: Text }),
  economy_created: event('system', 'economy.rules.created', H, { economy_id: Text, rules_version: z.int() }),
  economy_forked: event('system', 'economy.rules.forked', H, { economy_id: Text, parent_economy_id: Text, parent_hash: Text, parent_seq: z.int() }),
  economy_resumed: event('system', 'economy.clock.resumed', H, { down_ms: z.int() }),
  rules_changed: event('system', 'economy.rules.changed', H, {
    curves: z.record(Text, PriceCurve),
    mechanism: Text,
    payment_rule: Text,
    rules_version: z.int(),
  }),
  rules_tuned: event('system', 'economy.rules.tuned', H, { after: z.record(Text, Json), before: z.record(Text, Json) }),
  /** An order of the operator: who, why and what. Its effects follow with the same cause. `agent_id` is null for what concerns all. */
  operator_acted: event('system', 'economy.operator.acted', H, {
    action: Text,
    agent_id: Text.nullable(),
    by: Text,
    details: z.record(Text, Json),
    reason: Text,
  }),
  windows_paused: event('system', 'execution.windows.paused', H, { agent_id: Text.nullable(), ended: z.array(Text) }),
  windows_resumed: event('system', 'execution.windows.resumed', H, { agent_id: Text.nullable() }),
  ...LLM_EVENTS,
  ...TOOL_EVENTS,
  reasoning_trace: event('agent', 'agent.mind.reasoned', D, {
    alternatives_considered: z
      .array(z.object({ estimated_cost: z.number().optional(), estimated_value: Text.optional(), option: Text, rejected_reason: Text.optional() }))
      .optional(),
    context: z.record(Text, Json).optional(),
    decision: Text,
    decision_id: Text,
    factors_considered: z.array(z.object({ description: Text, factor: Text, weight: z.number().min(0).max(1) })).optional(),
    reasoning: Text,
  }),
  tool_call_initiated: event('agent', 'agent.tool.initiated', D, { justification: Text.optional(), parameters: z.record(Text, Json), tool_name: Text }),
  tool_call_completed: event('agent', 'agent.tool.completed', D, { response: z.record(Text, Json), result: z.enum(['success', 'failure']), tool_name: Text }),
  reflection: event('agent', 'agent.mind.reflected', D, {
    adjustments_planned: Text,
    metrics: z.object({ credits_earned: z.number(), credits_spent: z.number(), net_change: z.number() }),
    outcome_assessment: z.enum(['success', 'partial_success', 'failure']),
    trigger: z.enum(['task_completion', 'cycle_end', 'error']),
    what_failed: Text,
    what_worked: Text,
  }),
  code_change_proposed: event('agent', 'agent.code.proposed', D, { change_description: Text, diff: Text, expected_improvement: Text, target_module: Text }),
  code_change_applied: event('agent', 'agent.code.applied', D, {
    change_id: Text,
    modules_modified: z.array(Text),
    test_results: z.enum(['all_passed', 'some_failed']),
    tests_run: z.array(Text),
  }),
  judge_evaluation: event('judge', 'judge.evaluation.recorded', D, {
    agent_actions: z.array(z.object({ event_id: Text })),
    agent_reasoning: z.object({ event_id: Text }),
    criteria: z.array(z.object({ criterion: Text, justification: Text, score: z.number().min(1).max(5) })),
    evaluation_id: Text,
    feedback: Text,
    overall_score: z.number(),
    pass: z.boolean(),
    scenario_id: Text,
  }),
} as const

export type EventType = keyof typeof EVENTS
export type EventData<T extends EventType> = z.infer<(typeof EVENTS)[T]['data']>

/** Fields around every event's `data`. Ids of clearings, bids and agents that caused it stand in `cause_id`. */
export const EventEnvelope = z.strictObject({
  agent_id: Text,
  at_ms: z.int(),
  cause_id: Text,
  correlation_id: Text,
  data: z.record(Text, Json),
  event_id: z.uuid(),
  scenario_id: Text,
  seq: z.int().positive(),
  source: z.enum(['system', 'agent', 'judge']),
  timestamp: z.iso.datetime(),
  traceparent: Text,
  type: Text,
})
/** One event of the log. `agent_id`, `scenario_id`, `correlation_id` and `traceparent` are '' where there is none. */
export type EconomyEvent<T extends EventType = EventType> = {
  [K in T]: Omit<z.infer<typeof EventEnvelope>, 'data' | 'type'> & { readonly data: EventData<K>; readonly type: K }
}[T]

/** Subject of an event on the bus: `syntropism.<economy_id>.<domain>.<entity>.<action>`. */
export const subjectOf = (economyId: string, type: EventType): string => `syntropism.${economyId}.${EVENTS[type].subject}`
