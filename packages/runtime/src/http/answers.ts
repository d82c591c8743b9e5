import { z } from '@hono/zod-openapi'
import { Certificate, EVENTS, RESOURCES, Resource as ResourceName, Scores, StandingBid as Standing } from '@syntropism/contract'

const Micro = z.int()
const Text = z.string()
const Seq = z.int()
const AnyValue = z.any()
const AnyObject = z.record(z.string(), z.any())

/** Answers of the operations that an agent may call: what the document says, and what the clients' types are made of. */
const Shares = z
  .object({ attention: z.int().optional(), cpu: z.int().optional(), llm: z.int().optional(), memory: z.int().optional() })
  .openapi('Shares', { description: 'A share of each resource, in parts per million.' })
const PerResource = z.object({ attention: z.int(), cpu: z.int(), llm: z.int(), memory: z.int() })
export const StandingBid = z.object({ ...Standing.shape, bundle: Shares }).openapi('StandingBid')

/** What came of a command, beside the ids it made. */
const done = <S extends z.ZodRawShape>(shape: S) =>
  z.object({ ...shape, repeated: z.boolean().openapi({ description: 'The Idempotency-Key was used before: this is the first answer.' }), seq: Seq })
export const Done = done({}).openapi('Done')
export const BidAnswer = done({ bid_id: Text }).openapi('BidAnswer')
export const TransferAnswer = done({ entry_id: z.int(), transfer_id: Text }).openapi('TransferAnswer')
export const TransfersAnswer = done({ transfer_ids: z.array(Text) }).openapi('TransfersAnswer')
export const SpawnAnswer = done({ child_id: Text }).openapi('SpawnAnswer')
export const MessageAnswer = done({ message_id: Text }).openapi('MessageAnswer')
export const ServiceAnswer = done({ service_name: Text }).openapi('ServiceAnswer')
export const InvocationAnswer = done({ deadline_at_ms: z.int(), invocation_id: Text }).openapi('InvocationAnswer')
export const PromptAnswer = done({ deadline_at_ms: z.int(), prompt_id: Text }).openapi('PromptAnswer')

export const Supply = z
  .object({
    agents_micro: Micro,
    at_ms: z.int(),
    burned_micro: Micro,
    circulating_micro: Micro,
    economy_id: Text,
    granted_micro: Micro,
    held_micro: Micro,
    living_agents: z.int(),
    rewarded_micro: Micro,
    seq: Seq,
  })
  .openapi('Supply')
export const Balance = z.object({ agent_id: Text, balance: z.number(), balance_micro: Micro, held_micro: Micro }).openapi('Balance')
export const BalanceAt = z.object({ agent_id: Text, balance_micro: Micro, held_micro: Micro, seq: Seq }).openapi('BalanceAt')
export const Transfer = z
  .object({
    amount_micro: Micro,
    at_ms: z.int(),
    entry_id: z.int(),
    from_account: Text,
    from_agent: Text,
    hold_id: Text.nullable(),
    number: z.int(),
    purpose: Text,
    seq: Seq,
    to_account: Text,
    to_agent: Text,
    transfer_id: Text,
  })
  .openapi('Transfer')

const Resource = z
  .object({
    capacity: z.int(),
    floor_micro_per_s: Micro,
    price_micro_per_s: Micro,
    resource: ResourceName,
    sold: z.int(),
    utilisation_ppm: z.int(),
  })
  .openapi('Resource')
export const MarketState = z
  .object({
    at_ms: z.int(),
    mechanism: Text,
    payment_rule: Text,
    prices_micro_per_s: PerResource,
    resources: z.array(Resource).length(RESOURCES.length),
  })
  .openapi('MarketState')
export const PricePoint = z
  .object({
    at_ms: z.int(),
    new_price_micro_per_s: Micro,
    old_price_micro_per_s: Micro,
    reason: Text,
    resource: ResourceName,
    seq: Seq,
    utilisation_ppm: z.int(),
  })
  .openapi('PricePoint')
const bid = {
  agent_id: Text,
  amount_micro: Micro,
  bid_id: Text,
  bundle: Shares,
  duration_ms: z.int(),
  expires_at_ms: z.int().nullable(),
  margin_ppm: z.int().nullable(),
  not_before_ms: z.int(),
  offered_micro: Micro,
  order: z.int(),
  payer_id: Text,
  payload: AnyValue,
  prompt_id: Text.nullable(),
  reserve_micro: Micro,
  standing: z.boolean(),
  tip_micro: Micro,
  traceparent: Text,
}
export const BookBid = z.object(bid).openapi('BookBid')
export const OwnBid = z
  .object({
    ...bid,
    lowest_winning_is_estimate: z.boolean(),
    lowest_winning_micro: Micro.nullable().openapi({ description: 'The lowest amount that would win now; null when none would.' }),
  })
  .openapi('OwnBid')
export const LowestWinning = z
  .object({
    at_ms: z.int(),
    bid_id: Text,
    clearings: z.int().openapi({ description: 'How many clearings were run to find it.' }),
    lowest_winning_is_estimate: z.boolean(),
    lowest_winning_micro: Micro.nullable(),
    mechanism: Text,
    offered_micro: Micro,
  })
  .openapi('LowestWinning')
export const Clearing = z.object({ at_ms: z.int(), certificate: Certificate.clone().openapi('Certificate'), seq: Seq }).openapi('Clearing')
export const Depth = z.object({ eligible: z.int(), open: z.int() }).openapi('Depth')

export const Neighbour = z
  .object({
    agent_id: Text,
    balance_micro: Micro,
    lineage: z.array(Text),
    name: Text,
    parent_id: Text.nullable(),
    services: z.array(Text),
    status: Text,
  })
  .openapi('Neighbour')
export const Message = z
  .object({
    at_ms: z.int().optional(),
    content: Text.optional(),
    cost_micro: Micro.optional(),
    deadline_at_ms: z.int().optional(),
    from_agent: Text,
    invocation_id: Text,
    kind: z.enum(['message', 'request', 'response']),
    message_id: Text,
    request: AnyValue.optional(),
    response: AnyValue.optional(),
    result: z.enum(['success', 'failure']).optional(),
    service_name: Text.optional(),
  })
  .openapi('Message')
export const Service = z
  .object({ agent_id: Text, cost_micro: Micro, payment: z.enum(['on_response', 'in_advance']), service_name: Text, specification: AnyObject })
  .openapi('Service')

export const PromptView = z
  .object({
    agent_id: Text,
    bid_micro: Micro,
    content: AnyObject,
    credits_awarded_micro: Micro.nullable(),
    deadline_at_ms: z.int(),
    ended_at_ms: z.int().nullable(),
    filed_at_ms: z.int(),
    human_id: Text.nullable(),
    prompt_id: Text,
    reason: Text.nullable(),
    scores: z.union([Scores.clone().openapi('Scores'), z.null()]),
    seq: Seq,
    status: Text,
  })
  .openapi('PromptView')

export const Self = z
  .object({
    agent_id: Text,
    balance_micro: Micro,
    bid_id: Text,
    cpu_millicores: z.int(),
    cpu_ms_granted: z.int(),
    ends_at_ms: z.int(),
    held_micro: Micro,
    lease_id: Text,
    llm_micro_usd_left: z.int(),
    memory_mb: z.int(),
    models: z.array(Text),
    now_ms: z.int(),
    paid_micro: Micro,
    payer_id: Text,
    prompt_id: Text.nullable(),
    remaining_ms: z.int(),
    standing_bid: z.union([StandingBid, z.null()]),
  })
  .openapi('Self')
export const Receipt = EVENTS.execution_terminated.data.clone().openapi('Receipt')
export const BusCredentials = AnyObject.openapi({ description: 'Address, subjects and credentials; see the guide of NATS.' })
export const Completion = z.object({ call_id: Text, completion: Text, finish_reason: Text, tokens_used: z.int() }).openapi('Completion')
export const WorkspaceState = z.object({ at_ms: z.int(), commit: Text, message: Text }).openapi('WorkspaceState')

const terms = { price_micro: Micro, retries: z.int(), timeout_ms: z.int(), cache_ttl_ms: z.int() }
export const OutsideTool = z
  .object({ ...terms, description: Text, input_schema: AnyObject, price: z.number(), server_id: Text, tool_name: Text })
  .openapi('OutsideTool')
export const Tools = z.object({ tools: z.array(OutsideTool), unreachable: z.array(z.object({ reason: Text, server_id: Text })) }).openapi('Tools')
export const ToolAnswer = z
  .object({
    cached: z.boolean(),
    call_id: Text.nullable(),
    charged_micro: Micro,
    is_error: z.boolean().openapi({ description: 'The tool answered, and said that it failed.' }),
    result: z
      .object({ content: z.array(AnyObject).optional(), structuredContent: AnyObject.optional() })
      .catchall(AnyValue)
      .nullable(),
    status: z.enum(['answered', 'open']),
  })
  .openapi('ToolAnswer')
export const ToolCall = z
  .object({
    agent_id: Text,
    arguments: AnyObject,
    at_ms: z.int(),
    call_id: Text,
    charged_micro: Micro.nullable(),
    elapsed_ms: z.int().nullable(),
    price_micro: Micro,
    reason: Text.nullable(),
    result: AnyValue,
    seq: Seq,
    server_id: Text,
    status: z.enum(['answered', 'failed', 'open']),
    tool_name: Text,
  })
  .openapi('ToolCall')

/** A list under its name. */
export const listOf = (name: string, item: z.ZodType) => z.object({ [name]: z.array(item) })
