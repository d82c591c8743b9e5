import { z } from 'zod'
import { H, Text, event } from './event-shape.ts'
import { AmountMicroOrZero, DurationMs, Id } from './units.ts'

/** Name of a tool as its server spells it. */
export const ToolName = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1–128 printable ASCII characters without spaces')
const Arguments = z.record(z.string(), z.json())

/** Shapes of the commands around a call of an outside tool. */
export const TOOL_COMMANDS = {
  /** Holds a call's price in the name of an agent; what nobody has settled after `deadline_ms` is released. */
  admit_tool_call: {
    agent_id: Id,
    arguments: Arguments,
    deadline_ms: DurationMs,
    lease_id: Id.optional(),
    price_micro: AmountMicroOrZero,
    server_id: Id,
    tool_name: ToolName,
    /** How often the tool may be called for it. */
    tries_max: z.int().min(1).max(100),
  },
  /** Before each try: refused once a call was tried as often as it may be, by whatever process. */
  start_tool_call: { call_id: Id },
  /** Once per call: `answered` burns the price, `failed` gives it back. The result is a recorded input. */
  settle_tool_call: { call_id: Id, outcome: z.enum(['answered', 'failed']), reason: z.string().max(256), result: z.json() },
} as const

/** Events of calls of outside tools. */
export const TOOL_EVENTS = {
  tool_call_admitted: event('system', 'tool.call.admitted', H, {
    agent_id: Text,
    arguments: z.record(Text, z.json()),
    call_id: Text,
    due_at_ms: z.int(),
    lease_id: Text.nullable(),
    price_micro: z.int(),
    server_id: Text,
    tool_name: Text,
    tries_max: z.int(),
  }),
  tool_call_started: event('system', 'tool.call.started', H, { agent_id: Text, attempt: z.int(), call_id: Text }),
  tool_call_settled: event('system', 'tool.call.settled', H, {
    agent_id: Text,
    call_id: Text,
    charged_micro: z.int(),
    elapsed_ms: z.int(),
    outcome: z.enum(['answered', 'failed']),
    /** 'done' of an answered call, else what went wrong. */
    reason: Text,
    result: z.json(),
    server_id: Text,
    tool_name: Text,
  }),
} as const
