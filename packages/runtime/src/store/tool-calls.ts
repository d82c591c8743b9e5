import type { Queries } from './queries.ts'
import type { Tables } from './schema.ts'

/** A call of an outside tool as the read model has it; arguments and result are JSON. */
export type ToolCallRow = Tables['tool_calls']

export const toolCallRow = async (queries: Queries, callId: string): Promise<ToolCallRow | null> =>
  (await queries.selectFrom('tool_calls').selectAll().where('call_id', '=', callId).executeTakeFirst()) ?? null

/** Calls that nobody has settled, oldest first. */
export const openToolCalls = (queries: Queries): Promise<ToolCallRow[]> =>
  queries.selectFrom('tool_calls').selectAll().where('outcome', 'is', null).orderBy('seq').execute()
