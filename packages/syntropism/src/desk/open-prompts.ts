import type { Queries } from '@syntropism/runtime'

/** A prompt that waits for a human, with what it says. */
export interface OpenPrompt {
  readonly agent_id: string
  readonly bid_micro: number
  readonly content: Readonly<Record<string, unknown>>
  readonly deadline_at_ms: number
  readonly prompt_id: string
}

/** Highest bid first, earlier first. */
export async function openPrompts(queries: Queries): Promise<OpenPrompt[]> {
  const rows = await queries.selectFrom('prompts').selectAll().where('status', 'in', ['waiting', 'shown']).orderBy('bid_micro', 'desc').orderBy('seq').execute()
  return rows.map((row) => ({ ...row, content: JSON.parse(row.content) as Record<string, unknown> }))
}
