import { sql } from 'kysely'
import type { Queries } from './queries.ts'

/** One line of the spend report, in micro-dollars. */
export interface SpendRow {
  readonly name: string
  readonly calls: number
  readonly open_calls: number
  readonly estimated_calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cost_micro_usd: number
  readonly held_micro_usd: number
  readonly overrun_micro_usd: number
}

const NAMES = {
  agent: sql<string>`CASE WHEN key_id IS NULL THEN agent_id ELSE 'key ' || key_id END`,
  /** Hours since the Unix epoch; the two databases write times differently, so the name is made here. */
  hour: sql<string>`minute / 60`,
  model: sql<string>`model`,
  upstream: sql<string>`upstream_id`,
}

/** What calls of the last minutes cost and still may, newest last; minutes without a call are left out. */
export async function spendByMinute(queries: Queries, fromMinute: number): Promise<{ cost_micro_usd: number; held_micro_usd: number; minute: number }[]> {
  const rows = await queries
    .selectFrom('llm_calls')
    .select([
      'minute',
      sql<number>`COALESCE(SUM(cost_micro_usd), 0)`.as('cost_micro_usd'),
      sql<number>`COALESCE(SUM(CASE WHEN cost_micro_usd IS NULL THEN bound_micro_usd ELSE 0 END), 0)`.as('held_micro_usd'),
    ])
    .where('minute', '>=', fromMinute)
    .groupBy('minute')
    .orderBy('minute')
    .execute()
  return rows.map((row) => ({ cost_micro_usd: Number(row.cost_micro_usd), held_micro_usd: Number(row.held_micro_usd), minute: Number(row.minute) }))
}

const nameOfHour = (hours: number): string => new Date(hours * 3_600_000).toISOString().replace(/:\d\d\.\d+Z$/, 'Z')

/** What calls cost, summed by agent (or key), model, upstream or hour; the dearest first, hours in order. */
export async function spendBy(queries: Queries, by: keyof typeof NAMES): Promise<SpendRow[]> {
  const sum = (column: string) => sql<number>`COALESCE(SUM(${sql.ref(column)}), 0)`
  const rows = await queries
    .selectFrom('llm_calls')
    .select([
      NAMES[by].as('name'),
      sql<number>`COUNT(*)`.as('calls'),
      sql<number>`SUM(CASE WHEN cost_micro_usd IS NULL THEN 1 ELSE 0 END)`.as('open_calls'),
      sql<number>`SUM(estimated)`.as('estimated_calls'),
      sum('input_tokens').as('input_tokens'),
      sum('output_tokens').as('output_tokens'),
      sum('cost_micro_usd').as('cost_micro_usd'),
      sql<number>`COALESCE(SUM(CASE WHEN cost_micro_usd IS NULL THEN bound_micro_usd ELSE 0 END), 0)`.as('held_micro_usd'),
      sum('overrun_micro_usd').as('overrun_micro_usd'),
    ])
    .groupBy(NAMES[by])
    .execute()
  if (by === 'hour') return rows.toSorted((a, b) => Number(a.name) - Number(b.name)).map((row) => ({ ...row, name: nameOfHour(Number(row.name)) }))
  return rows.toSorted((a, b) => b.cost_micro_usd - a.cost_micro_usd)
}
