import { z } from 'zod'
import { LLM_COMMANDS } from './llm.ts'
import { Audit, OPERATOR_COMMANDS } from './operator.ts'
import { ParamChanges, Params, Solution } from './rules.ts'
import { TOOL_COMMANDS } from './tools.ts'
import { AmountMicro, AmountMicroOrZero, AtMs, Bundle, ClientId, DurationMs, Id, Resource, Scores, StandingBid } from './units.ts'

/** Longest break that ends by itself. */
const MS_PER_DAY = 86_400_000

/** Fields that every command carries. `owner` is the principal whose ids are remembered: `agent:<id>`, `human:<id>`, `operator`, `executor:<id>`, `host`. */
const base = {
  at_ms: AtMs,
  audit: Audit.optional(),
  correlation_id: z.string().max(128).optional(),
  id: ClientId.optional(),
  owner: z.string().max(80),
  traceparent: z.string().max(128).optional(),
}
/** Transfers of one batch: so that the event about it fits into a message. */
export const TRANSFERS_MAX = 1000
/** An agent's command names the lease it acts in; it is refused once that lease has ended. */
const acting = { lease_id: Id.optional() }
const Json = z.json()

const define = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) => z.strictObject({ ...base, type: z.literal(type), ...shape })

export const COMMANDS = {
  genesis: define('genesis', { economy_id: Id, params: Params, rules_version: z.int().positive() }),
  resumed: define('resumed', {}),
  tick: define('tick', {
    /** With the mechanism `exact`: deadlines and prices only, the book waits for its solver. */
    hold_clearing: z.literal(true).optional(),
    solution: Solution.optional(),
  }),
  change_rules: define('change_rules', { params: Params, rules_version: z.int().positive() }),
  /** Another economy from here on, with everything it has; `parent_hash` is that of the parent's last whole record. */
  fork: define('fork', { economy_id: Id, parent_hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  /** Other values for some numbers of the rules, all or none; the rest stays as it is. */
  tune_rules: define('tune_rules', { changes: ParamChanges }),
  pause_windows: define('pause_windows', OPERATOR_COMMANDS.pause_windows),
  resume_windows: define('resume_windows', OPERATOR_COMMANDS.resume_windows),
  instruct_agent: define('instruct_agent', OPERATOR_COMMANDS.instruct_agent),
  register_executor: define('register_executor', {
    cpu_millicores: z.int().nonnegative(),
    executor_id: Id,
    incarnation: Id,
    memory_mb: z.int().nonnegative(),
    reports: z.boolean(),
  }),
  remove_executor: define('remove_executor', { executor_id: Id }),
  /** `break_ms`: off duty for so long and then on duty again. `judgements_per_hour_max`: null takes the cap away, absent leaves it. */
  set_duty: define('set_duty', {
    break_ms: DurationMs.max(MS_PER_DAY).optional(),
    human_id: Id,
    judgements_per_hour_max: z.int().min(1).max(1000).nullable().optional(),
    on_duty: z.boolean(),
  }),
  create_agent: define('create_agent', {
    agent_id: Id,
    grant_micro: AmountMicroOrZero,
    models: z.array(z.string()).optional(),
    name: z.string().max(128),
    standing_bid: StandingBid.optional(),
  }),
  fund: define('fund', { agent_id: Id, amount_micro: AmountMicro }),
  kill_agent: define('kill_agent', { agent_id: Id, reason: z.string().max(256) }),
  transfer: define('transfer', { ...acting, amount_micro: AmountMicro, from_agent_id: Id, purpose: z.string().min(1).max(128), to_agent_id: Id }),
  /** Several payments of one payer that succeed or fail together. */
  transfer_linked: define('transfer_linked', {
    ...acting,
    from_agent_id: Id,
    transfers: z
      .array(z.strictObject({ amount_micro: AmountMicro, purpose: z.string().min(1).max(128), to_agent_id: Id }))
      .min(1)
      .max(100),
  }),
  /** Many transfers between any agents, each as `transfer` makes it, at the cost of one command. The client's id of each is the command's, with its place. */
  transfer_batch: define('transfer_batch', {
    /** All of them or none, each on what those before it left; otherwise each by itself, and those that cannot be made are left out and named in the answer. */
    linked: z.boolean(),
    transfers: z
      .array(z.strictObject({ amount_micro: AmountMicro, from_agent_id: Id, purpose: z.string().min(1).max(128), to_agent_id: Id }))
      .min(1)
      .max(TRANSFERS_MAX),
  }),
  reverse_transfer: define('reverse_transfer', { reason: z.string().max(256), transfer_id: Id, from_agent_id: Id, to_agent_id: Id, amount_micro: AmountMicro }),
  place_bid: define('place_bid', {
    ...acting,
    agent_id: Id,
    amount_micro: AmountMicro,
    bundle: Bundle,
    duration_ms: DurationMs,
    expires_at_ms: AtMs.optional(),
    not_before_ms: AtMs.optional(),
    payer_id: Id,
    payload: Json.optional(),
    /** What it adds to the reserve cost under posted prices, at most up to its amount. */
    tip_micro: AmountMicroOrZero.optional(),
  }),
  raise_bid: define('raise_bid', { ...acting, amount_micro: AmountMicro, bid_id: Id, payer_id: Id }),
  withdraw_bid: define('withdraw_bid', { ...acting, bid_id: Id, payer_id: Id }),
  set_standing_bid: define('set_standing_bid', { ...acting, agent_id: Id, standing_bid: StandingBid.nullable() }),
  spawn: define('spawn', {
    ...acting,
    endowment_micro: AmountMicroOrZero,
    files: z.record(z.string(), z.string()).optional(),
    first_bid: z.strictObject({ amount_micro: AmountMicro, paid_by: z.enum(['parent', 'child']) }).optional(),
    model_tier: z.string().max(64).optional(),
    /** Carved from the budget that the parent draws on. */
    llm_budget_micro_usd: z.int().nonnegative().optional(),
    name: z.string().max(128),
    parent_id: Id,
    standing_bid: StandingBid.nullable().optional(),
  }),
  send_message: define('send_message', { ...acting, content: z.string(), from_agent_id: Id, to_agent_id: Id }),
  take_messages: define('take_messages', { ...acting, agent_id: Id, message_ids: z.array(Id).min(1).max(1000) }),
  register_service: define('register_service', {
    ...acting,
    agent_id: Id,
    cost_micro: AmountMicroOrZero,
    payment: z.enum(['on_response', 'in_advance']),
    service_name: Id,
    specification: z.record(z.string(), Json),
  }),
  remove_service: define('remove_service', { ...acting, agent_id: Id, service_name: Id }),
  invoke_service: define('invoke_service', {
    ...acting,
    agent_id: Id,
    deadline_ms: DurationMs.optional(),
    provider_id: Id,
    request: Json,
    service_name: Id,
    wake_bid: z.strictObject({ amount_micro: AmountMicro, bundle: Bundle, duration_ms: DurationMs }).optional(),
  }),
  respond_service: define('respond_service', { ...acting, agent_id: Id, invocation_id: Id, response: Json, result: z.enum(['success', 'failure']) }),
  file_prompt: define('file_prompt', {
    ...acting,
    agent_id: Id,
    amount_micro: AmountMicroOrZero,
    content: z.record(z.string(), Json),
    deadline_ms: DurationMs.optional(),
  }),
  withdraw_prompt: define('withdraw_prompt', { ...acting, agent_id: Id, prompt_id: Id }),
  score_prompt: define('score_prompt', { human_id: Id, prompt_id: Id, reason: z.string().max(2000).optional(), scores: Scores }),
  skip_prompt: define('skip_prompt', { human_id: Id, prompt_id: Id, reason: z.string().max(2000).optional() }),
  start_lease: define('start_lease', { executor_id: Id, incarnation: Id, lease_id: Id }),
  end_lease: define('end_lease', {
    cause: z.enum(['completed', 'crashed', 'wall_limit', 'memory_limit', 'process_limit', 'disk_limit', 'host_failure']),
    cpu_ms: z.int().nonnegative(),
    detail: z.string().max(4096),
    elapsed_ms: z.int().nonnegative(),
    executor_id: Id,
    exit_code: z.int().nullable(),
    incarnation: Id,
    lease_id: Id,
    memory_mb_ms: z.int().nonnegative(),
    memory_peak_mb: z.int().nonnegative(),
    /** Driver that ran the program, and what it held. */
    sandbox: z.string().max(512).optional(),
  }),
  admit_llm_call: define('admit_llm_call', LLM_COMMANDS.admit_llm_call),
  reserve_llm_calls: define('reserve_llm_calls', LLM_COMMANDS.reserve_llm_calls),
  close_llm_reserve: define('close_llm_reserve', LLM_COMMANDS.close_llm_reserve),
  settle_llm_call: define('settle_llm_call', LLM_COMMANDS.settle_llm_call),
  restore_llm_upstream: define('restore_llm_upstream', LLM_COMMANDS.restore_llm_upstream),
  create_llm_key: define('create_llm_key', LLM_COMMANDS.create_llm_key),
  rotate_llm_key: define('rotate_llm_key', LLM_COMMANDS.rotate_llm_key),
  revoke_llm_key: define('revoke_llm_key', LLM_COMMANDS.revoke_llm_key),
  set_llm_budget: define('set_llm_budget', LLM_COMMANDS.set_llm_budget),
  admit_tool_call: define('admit_tool_call', TOOL_COMMANDS.admit_tool_call),
  start_tool_call: define('start_tool_call', TOOL_COMMANDS.start_tool_call),
  settle_tool_call: define('settle_tool_call', TOOL_COMMANDS.settle_tool_call),
  report: define('report', {
    ...acting,
    agent_id: Id,
    data: z.record(z.string(), Json),
    event_type: z.enum([
      'balance_queried',
      'tool_call_initiated',
      'tool_call_completed',
      'reasoning_trace',
      'reflection',
      'code_change_proposed',
      'code_change_applied',
    ]),
  }),
} as const

export const CommandSchema = z.discriminatedUnion(
  'type',
  Object.values(COMMANDS) as unknown as [typeof COMMANDS.genesis, ...(typeof COMMANDS)[keyof typeof COMMANDS][]],
)
export type CommandType = keyof typeof COMMANDS
export type CommandOf<T extends CommandType> = z.infer<(typeof COMMANDS)[T]>
export type Command = { [T in CommandType]: CommandOf<T> }[CommandType]
export type ResourceName = z.infer<typeof Resource>
