import fc from 'fast-check'

const T0 = 1_700_000_000_000
export const agents = ['a', 'b', 'c', 'agent-1', 'ghost']
const agent = fc.constantFrom(...agents)
const amount = fc.oneof({ arbitrary: fc.integer({ max: 60_000_000, min: 1 }), weight: 8 }, { arbitrary: fc.integer({ max: 2 ** 52, min: 1 }), weight: 1 })
const share = fc.integer({ max: 1_000_000, min: 1 })
const bundle = fc.oneof(
  fc.record({ cpu: fc.integer({ max: 600_000, min: 40_000 }), memory: fc.integer({ max: 400_000, min: 20_000 }) }),
  fc.record({ attention: share, cpu: fc.integer({ max: 600_000, min: 50_000 }), memory: fc.integer({ max: 400_000, min: 50_000 }) }),
  fc.record({ attention: share }),
  fc.record({ llm: share }),
  fc.record({ cpu: share }),
)
const standing = fc.option(
  fc.record({
    bundle: fc.record({ cpu: fc.integer({ max: 500_000, min: 50_000 }), memory: fc.integer({ max: 300_000, min: 50_000 }) }),
    duration_ms: fc.integer({ max: 5000, min: 500 }),
    limit_micro: fc.integer({ max: 60_000_000, min: 1_000_000 }),
    margin_ppm: fc.integer({ max: 500_000, min: 0 }),
    pause_ms: fc.integer({ max: 3000, min: 0 }),
  }),
)
const number = fc.integer({ max: 12, min: 1 })
const named = (prefix: string) => number.map((index) => `${prefix}-${index}`)
const lease_id = named('lease')
const executor = { executor_id: fc.constantFrom('x', 'y'), incarnation: fc.constantFrom('i1', 'i2') }
const curveKind = fc.constantFrom('linear', 'base-fee', 'excess', 'clearing')
const mechanism = fc.constantFrom('highest-bid', 'density', 'density-sqrt', 'shadow', 'drf', 'exact')
const type = <T extends string>(name: T) => fc.constant(name)
const usage = {
  cpu_ms: fc.nat(3000),
  detail: fc.constant(''),
  elapsed_ms: fc.nat(5000),
  exit_code: fc.option(fc.nat(3)),
  memory_mb_ms: fc.nat(1_000_000),
  memory_peak_mb: fc.nat(500),
}
const PRICE = {
  cache_read_per_million: 100_000,
  cache_write_per_million: 100_000,
  image_input_per_million: 1_000_000,
  input_per_million: 1_000_000,
  output_per_million: 2_000_000,
  reasoning_per_million: 2_000_000,
  request_micro_usd: 0,
}
const USAGE = { cache_read_tokens: 0, cache_write_tokens: 0, image_input_tokens: 0, input_tokens: 10, reasoning_tokens: 0 }
const score = fc.integer({ max: 10, min: 0 })
const id = {
  id: fc.option(
    fc.integer({ max: 30, min: 1 }).map((index) => `id-${index}`),
    { nil: undefined },
  ),
}

/** One command of any kind, valid or not, without its time. */
const command = fc.oneof(
  { arbitrary: fc.record({ type: type('tick') }), weight: 14 },
  {
    arbitrary: fc.record({
      ...id,
      agent_id: agent,
      amount_micro: amount,
      bundle,
      duration_ms: fc.integer({ max: 6000, min: 50 }),
      expires_at_ms: fc.option(fc.integer({ max: T0 + 60_000, min: T0 }), { nil: undefined }),
      payer_id: agent,
      tip_micro: fc.option(fc.nat(5_000_000), { nil: undefined }),
      type: type('place_bid'),
    }),
    weight: 8,
  },
  {
    arbitrary: fc.record({ ...id, amount_micro: amount, from_agent_id: agent, purpose: fc.constant('gift'), to_agent_id: agent, type: type('transfer') }),
    weight: 5,
  },
  { arbitrary: fc.record({ ...executor, lease_id, type: type('start_lease') }), weight: 5 },
  {
    arbitrary: fc.record({
      ...executor,
      ...usage,
      cause: fc.constantFrom('completed', 'crashed', 'wall_limit', 'memory_limit', 'host_failure'),
      lease_id,
      type: type('end_lease'),
    }),
    weight: 5,
  },
  {
    arbitrary: fc.record({ agent_id: agent, amount_micro: fc.oneof(fc.constant(0), amount), content: fc.constant({ title: 't' }), type: type('file_prompt') }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      human_id: fc.constantFrom('h', 'nobody'),
      prompt_id: named('prompt'),
      scores: fc.record({ interesting: score, understandable: score, useful: score }),
      type: type('score_prompt'),
    }),
    weight: 3,
  },
  fc.record({ human_id: fc.constant('h'), prompt_id: named('prompt'), type: type('skip_prompt') }),
  fc.record({ agent_id: agent, prompt_id: named('prompt'), type: type('withdraw_prompt') }),
  fc.record({ human_id: fc.constantFrom('h', 'k'), on_duty: fc.boolean(), type: type('set_duty') }),
  fc.record({ amount_micro: amount, bid_id: named('bid'), payer_id: agent, type: type('raise_bid') }),
  fc.record({ bid_id: named('bid'), payer_id: agent, type: type('withdraw_bid') }),
  fc.record({ agent_id: agent, standing_bid: standing, type: type('set_standing_bid') }),
  fc.record({
    endowment_micro: fc.nat(300_000_000),
    first_bid: fc.option(fc.record({ amount_micro: fc.integer({ max: 20_000_000, min: 1 }), paid_by: fc.constantFrom('parent', 'child') }), { nil: undefined }),
    name: fc.constant('n'),
    parent_id: agent,
    type: type('spawn'),
  }),
  fc.record({ content: fc.string({ maxLength: 20 }), from_agent_id: agent, to_agent_id: agent, type: type('send_message') }),
  fc.record({ agent_id: agent, message_ids: fc.tuple(named('message')), type: type('take_messages') }),
  fc.record({
    agent_id: agent,
    cost_micro: fc.nat(20_000_000),
    payment: fc.constantFrom('on_response', 'in_advance'),
    service_name: fc.constant('s'),
    specification: fc.constant({}),
    type: type('register_service'),
  }),
  fc.record({ agent_id: agent, service_name: fc.constant('s'), type: type('remove_service') }),
  fc.record({
    agent_id: agent,
    provider_id: agent,
    request: fc.constant(1),
    service_name: fc.constant('s'),
    type: type('invoke_service'),
    wake_bid: fc.option(fc.record({ amount_micro: fc.integer({ max: 30_000_000, min: 1 }), bundle, duration_ms: fc.integer({ max: 3000, min: 500 }) }), {
      nil: undefined,
    }),
  }),
  fc.record({
    agent_id: agent,
    invocation_id: named('invocation'),
    response: fc.constant(2),
    result: fc.constantFrom('success', 'failure'),
    type: type('respond_service'),
  }),
  fc.record({
    ...executor,
    cpu_millicores: fc.integer({ max: 4000, min: 0 }),
    memory_mb: fc.integer({ max: 4096, min: 0 }),
    reports: fc.boolean(),
    type: type('register_executor'),
  }),
  fc.record({ executor_id: executor.executor_id, type: type('remove_executor') }),
  fc.record({ agent_id: agent, amount_micro: amount, audit: fc.option(fc.constant({ by: 'op', reason: 'why' }), { nil: undefined }), type: type('fund') }),
  fc.record({ agent_id: fc.option(agent), audit: fc.constant({ by: 'op', reason: 'why' }), end_now: fc.boolean(), type: type('pause_windows') }),
  { arbitrary: fc.record({ agent_id: fc.option(agent), type: type('resume_windows') }), weight: 3 },
  fc.record({ agent_id: agent, content: fc.string({ maxLength: 20, minLength: 1 }), type: type('instruct_agent') }),
  fc.record({
    audit: fc.constant({ by: 'op', reason: 'why' }),
    changes: fc.record(
      {
        curves: fc.record({
          cpu: fc.record({ floor_micro_per_s: fc.integer({ max: 5_000_000, min: 1 }), high_ppm: fc.integer({ max: 1_000_000, min: 0 }), kind: curveKind }),
          memory: fc.record({ kind: curveKind, target_ppm: fc.integer({ max: 1_000_000, min: 1 }) }),
        }),
        credit_value_micro_usd: fc.constantFrom(0, 50, 1000),
        mechanism,
        payment_rule: fc.constantFrom('bid', 'critical', 'uniform', 'shadow', 'posted', 'vcg'),
        message_cost_micro: fc.nat(3_000_000),
        reward_weights_micro: fc.record({ useful: fc.nat(90_000_000) }),
        spawn_cost_micro: fc.nat(200_000_000),
      },
      { requiredKeys: [] },
    ),
    type: type('tune_rules'),
  }),
  fc.record({
    from_agent_id: agent,
    transfers: fc.array(fc.record({ amount_micro: amount, purpose: fc.constant('p'), to_agent_id: agent }), { maxLength: 3, minLength: 1 }),
    type: type('transfer_linked'),
  }),
  {
    arbitrary: fc.record({
      ...id,
      linked: fc.boolean(),
      transfers: fc.array(fc.record({ amount_micro: amount, from_agent_id: agent, purpose: fc.constant('p'), to_agent_id: agent }), {
        maxLength: 4,
        minLength: 1,
      }),
      type: type('transfer_batch'),
    }),
    weight: 2,
  },
  fc.record({ agent_id: agent, reason: fc.constant('r'), type: type('kill_agent') }),
  fc.record({
    amount_micro: amount,
    from_agent_id: agent,
    reason: fc.constant('r'),
    to_agent_id: agent,
    transfer_id: named('transfer'),
    type: type('reverse_transfer'),
  }),
  {
    arbitrary: fc.record({
      agent_id: agent,
      model: fc.constant('m'),
      output_tokens_max: fc.nat(20_000),
      price: fc.constant(PRICE),
      prompt_tokens_max: fc.nat(20_000),
      request_hash: fc.constant('0'.repeat(64)),
      type: type('admit_llm_call'),
      upstream_id: fc.constant('u'),
    }),
    weight: 3,
  },
  fc.record({
    call_id: named('call'),
    finish: fc.constantFrom('completed', 'cancelled'),
    type: type('settle_llm_call'),
    usage: fc.option(fc.nat(30_000).map((tokens) => ({ ...USAGE, output_tokens: tokens }))),
  }),
  fc.record({ agent_id: agent, left_micro_usd: fc.option(fc.nat(50_000)), type: type('set_llm_budget') }),
  fc.record({ type: type('restore_llm_upstream'), upstream_id: fc.constant('u') }),
  fc.record({ economy_id: fc.constantFrom('p', 'q', 'r'), parent_hash: fc.constant('0'.repeat(64)), type: type('fork') }),
  {
    arbitrary: fc.record({
      agent_id: agent,
      arguments: fc.constant({}),
      deadline_ms: fc.integer({ max: 5000, min: 1 }),
      price_micro: fc.oneof(fc.constant(0), amount),
      server_id: fc.constant('s'),
      tool_name: fc.constant('t'),
      tries_max: fc.integer({ max: 3, min: 1 }),
      type: type('admit_tool_call'),
    }),
    weight: 2,
  },
  fc.record({ call_id: named('tool-call'), type: type('start_tool_call') }),
  fc.record({
    call_id: named('tool-call'),
    outcome: fc.constantFrom('answered', 'failed'),
    reason: fc.constant('r'),
    result: fc.constant(null),
    type: type('settle_tool_call'),
  }),
  fc.record({ type: type('resumed') }),
)

const elapsed = fc.oneof(
  { arbitrary: fc.nat(200), weight: 6 },
  { arbitrary: fc.nat(4000), weight: 3 },
  { arbitrary: fc.constant(-50), weight: 1 },
  { arbitrary: fc.constant(61_000), weight: 1 },
)

/** Random command sequences with their time steps; some steps run back. */
export const sequences = (length_max: number) => fc.array(fc.record({ command, elapsed_ms: elapsed }), { maxLength: length_max, minLength: 10 })
export const START_MS = T0
