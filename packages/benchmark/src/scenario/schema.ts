import { Id } from '@syntropism/contract'
import { z } from 'zod'

/** A number, or an expression (JSONata, after "=") over the drawn and derived values. */
const Quantity = z.union([z.number(), z.string().startsWith('=')])
/** Any JSON; strings that begin with "=" are expressions. */
const Template = z.json()

/** What an event's field, a figure or a state must be: a value, or operators that all must hold. "@label.path" refers to a matched event. */
export const Condition = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.strictObject({
    '!=': z.json().optional(),
    '<': z.json().optional(),
    '<=': z.json().optional(),
    '=': z.json().optional(),
    '>': z.json().optional(),
    '>=': z.json().optional(),
    between: z.tuple([Quantity, Quantity]).optional(),
    in: z.array(z.json()).optional(),
    matches: z.string().optional(),
    not_in: z.array(z.json()).optional(),
  }),
])
export type Condition = z.infer<typeof Condition>

export const EventPattern = z.strictObject({
  /** Name under which later conditions refer to the event that matched. */
  label: z.string().optional(),
  /** Longest time since the event matched before it, in economy milliseconds. */
  gap_ms_max: z.int().nonnegative().optional(),
  type: z.string(),
  where: z.record(z.string(), Condition).optional(),
})
export type EventPattern = z.infer<typeof EventPattern>

const Trials = z.strictObject({
  /** Least factor by which the mean of the agent's version must be better than the one it was given. */
  factor_min: z.number().positive(),
  confidence: z.number().gt(0).lt(1).default(0.95),
  metric: z.string(),
  trials: z.int().min(2).default(10),
})

export const Rules = z.strictObject({
  /** Checks on every event of a type. */
  data: z.array(EventPattern).optional(),
  final_state: z.array(z.strictObject({ condition: Condition, path: z.string() })).optional(),
  /** Events that must not be; `after` and `before` name labels of the sequence and bound where this holds. */
  forbidden: z.array(EventPattern.omit({ gap_ms_max: true, label: true }).extend({ after: z.string().optional(), before: z.string().optional() })).optional(),
  limits: z
    .strictObject({
      calls: Condition.optional(),
      cost_micro_usd: Condition.optional(),
      credits_spent: Condition.optional(),
      duration_ms: Condition.optional(),
      tokens: Condition.optional(),
    })
    .optional(),
  output: z.strictObject({ checks: z.array(z.strictObject({ says: z.string(), that: z.string() })).optional(), schema: z.json().optional() }).optional(),
  sequence: z.strictObject({ events: z.array(EventPattern).min(1), order: z.enum(['ordered', 'unordered']) }).optional(),
  statistics: z.array(Trials).optional(),
  trend: z.array(z.strictObject({ metric: z.enum(['balance', 'credits_spent', 'credits_earned']), slope_per_cycle: Condition })).optional(),
})
export type Rules = z.infer<typeof Rules>

/** One thing that an agent may do about the situation, in the terms of the task format (docs/guide/benchmark.md). Amounts in credits. */
const OptionTemplate = z.strictObject({
  cost: Quantity.optional(),
  /** Several possible costs with their probabilities, in place of `cost`. */
  costs: z.array(z.strictObject({ cost: Quantity, probability: Quantity })).optional(),
  customers_per_cycle: Quantity.optional(),
  /** Calls that enact the option; none for doing nothing. */
  how: z.array(z.record(z.string(), Template)),
  income_per_cycle: Quantity.optional(),
  kind: z.string().optional(),
  loss: Quantity.optional(),
  option: z.string(),
  price: Quantity.optional(),
  recurring: z.array(z.strictObject({ cost: Quantity, every_cycles: Quantity })).optional(),
  redo_cost: Quantity.optional(),
  success_probability: Quantity.optional(),
  takes_cycles: Quantity.optional(),
  value: Quantity.optional(),
})

const Draw = z.union([
  z.strictObject({ from: z.number(), step: z.number().positive().default(1), to: z.number() }),
  z.strictObject({ one_of: z.array(z.json()).min(1) }),
])
export type Draw = z.infer<typeof Draw>

const Act = z.strictObject({
  /** Once, after the n-th event that fits. */
  after: EventPattern.optional(),
  /** Once, this long after the window opened. */
  at_ms: z.int().nonnegative().optional(),
  /** Commands of the economy carried out by the host; "$bid" is the bid that triggered. */
  do: z.array(z.record(z.string(), Template)),
})

export const Scenario = z.strictObject({
  $schema: z.string().optional(),
  id: z.string().regex(/^[A-Z]{1,4}-\d{1,3}$/),
  domain: z.enum(['functional_competence', 'economic_reasoning', 'self_improvement', 'holdout']),
  title: z.string(),
  intent: z.string(),
  /** Where the source is silent or contradicts itself: what was decided. */
  notes: z.array(z.string()).default([]),
  /** Worlds drawn for one trial; the conditions are dealt round, and all must pass. */
  variants: z.int().min(1).max(20),
  draw: z.record(z.string(), Draw).default({}),
  /** Expressions computed in order from what was drawn. */
  derive: z.record(z.string(), z.string().startsWith('=')).default({}),
  conditions: z
    .array(
      z.strictObject({
        /** Options that are rational under this condition; the first is what the oracle does. */
        accept: z.array(z.string()).optional(),
        draw: z.record(z.string(), Draw).default({}),
        name: z.string(),
      }),
    )
    .min(1),
  world: z.strictObject({
    agent_balance: Quantity,
    capacities: z.strictObject({ cpu_cores: z.number().positive(), memory_mb: z.int().positive(), tokens_per_s: z.number().positive() }),
    competitors: z.array(z.strictObject({ agent_id: Id, bid: Quantity })).default([]),
    cycles: z.int().min(1).max(100).default(1),
    files: z.record(z.string(), z.string()).default({}),
    human_activity: Template.default('idle'),
    inject: z.array(Act).default([]),
    services: z
      .array(
        z.strictObject({
          cost: Quantity,
          needs: z.array(z.string()).default([]),
          provider_id: Id,
          reputation: Quantity.optional(),
          response: Template,
          result: z.enum(['success', 'failure']).default('success'),
          service_name: Id,
        }),
      )
      .default([]),
    spawn_cost: Quantity.default(100),
    unit_prices: z.strictObject({ cpu_second: Quantity, memory_mb: Quantity, token: Quantity }),
    window_ms: z.int().min(500).max(600_000),
    /** A program of the agent that the world measures, and the kind of bench it is put on. */
    workload: z.strictObject({ bench: z.enum(['operations', 'auction', 'pipeline']), file: z.string() }).optional(),
  }),
  brief: z.strictObject({
    figures: z.record(z.string(), Template).default({}),
    goal: z.string(),
    options: z.array(OptionTemplate).default([]),
    task: z.string(),
  }),
  /** Options are judged by decision, figures and acts; see docs/guide/benchmark.md. */
  rules: Rules.default({}),
  /** The part that a model judges: each criterion from 1 to 5, passed when their mean reaches the threshold. */
  judge: z
    .strictObject({
      criteria: z.array(z.strictObject({ name: Id, asks: z.string().min(1) })).min(1),
      threshold: z.number().min(1).max(5).default(3),
    })
    .nullable(),
})
export type Scenario = z.infer<typeof Scenario>
