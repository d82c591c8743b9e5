import type { CommandOf } from '@syntropism/contract'
import { setTimeout as wait } from 'node:timers/promises'
import {
  GENESIS_HASH,
  ShownClearings,
  balanceAt,
  lastMovements,
  movementsOf,
  selectAgents,
  batchHash,
  readEvents,
  readHistory,
  verify,
} from '@syntropism/runtime'
import { openPrompts } from '../desk/open-prompts.ts'
import { describeEvent, explainEvent } from '../terminal/describe.ts'
import { capacityOf, clock, credits, percent, table, tame } from '../terminal/format.ts'
import { lazySolver } from '../live/live-solver.ts'
import { type LocalFlags, openLocal, print } from '../terminal/local.ts'
import { watchedReads } from '../terminal/watched-reads.ts'

export async function showPrompts(flags: LocalFlags): Promise<void> {
  const { queries } = await openLocal(flags)
  const prompts = await openPrompts(queries)
  print(flags, prompts, () =>
    prompts.length === 0
      ? 'No open prompts.'
      : prompts
          .map(
            (one) =>
              `${one.prompt_id}  ${one.agent_id}  bids ${credits(one.bid_micro)}  until ${clock(one.deadline_at_ms)}  ${tame(String(one.content.title ?? ''))}\n${tame(String(one.content.report ?? JSON.stringify(one.content))).replace(/^/gm, '    ')}`,
          )
          .join('\n\n'),
  )
}

export async function showAgents(flags: LocalFlags): Promise<void> {
  const { queries } = await openLocal(flags)
  const rows = await selectAgents(queries).orderBy('created_at_ms').orderBy('agent_id').execute()
  print(flags, rows, () =>
    table([
      ['agent', 'state', 'why', 'free', 'held', 'windows', 'earned', 'parent'],
      ...rows.map((row) => [
        row.agent_id,
        row.status,
        row.status_reason,
        credits(row.balance_micro),
        credits(row.held_micro),
        String(row.windows),
        credits(row.earned_micro),
        row.parent_id ?? '',
      ]),
    ]),
  )
}

export async function showAgent(agentId: string, flags: LocalFlags): Promise<void> {
  const { paths, queries } = await openLocal(flags)
  const agent = await selectAgents(queries).where('agent_id', '=', agentId).executeTakeFirst()
  if (agent === undefined) throw new Error(`there is no agent ${agentId}; "syntropism agents" lists them`)
  const receipts = (await queries.selectFrom('receipts').selectAll().where('agent_id', '=', agentId).orderBy('seq', 'desc').limit(10).execute()).map(
    (row) => JSON.parse(row.receipt) as Record<string, number | string>,
  )
  const workspace = await readHistory(paths, agentId, 10)
  print(
    flags,
    { ...agent, receipts, workspace },
    () =>
      `${agent.agent_id}: ${agent.status} ${agent.status_reason}\n  free ${credits(agent.balance_micro)}, held ${credits(agent.held_micro)}, earned ${credits(agent.earned_micro)}, ${agent.windows} windows, lineage ${agent.lineage}\n${table([['window', 'end', 'ms', 'cpu-ms used', 'granted', 'peak MB', 'paid', 'returned'], ...receipts.map((one) => [one.execution_id, one.cause, one.elapsed_ms, one.cpu_ms_used, one.cpu_ms_granted, one.memory_peak_mb, one.paid, one.refunded].map(String))])}\n${table([['workspace', 'time', 'state'], ...workspace.map((one) => [one.message, clock(one.at_ms), one.commit])])}`,
  )
}

export async function showMarket(flags: LocalFlags): Promise<void> {
  const { queries } = await openLocal(flags)
  const first = await queries.selectFrom('batches').select('commands').orderBy('number').limit(1).executeTakeFirst()
  const genesis = (JSON.parse(first?.commands ?? '[{}]') as CommandOf<'genesis'>[])[0]
  const used = await readEvents(queries, { after_seq: 0, limit: Number.MAX_SAFE_INTEGER, type: 'utilisation_changed' })
  const rows = await Promise.all(
    (['cpu', 'memory', 'llm', 'attention'] as const).map(async (resource) => {
      const price = await queries.selectFrom('prices').selectAll().where('resource', '=', resource).orderBy('seq', 'desc').executeTakeFirst()
      const event = used.findLast((one) => one.type === 'utilisation_changed' && one.data.resource === resource)
      const data = event?.type === 'utilisation_changed' ? event.data : null
      return {
        capacity: data?.capacity ?? 0,
        price_micro_per_s: price?.new_price_micro_per_s ?? genesis?.params.curves[resource].opening_micro_per_s ?? 0,
        resource,
        utilisation_ppm: data?.utilisation_ppm ?? 0,
      }
    }),
  )
  print(flags, rows, () =>
    table([
      ['resource', 'credits/s', 'sold', 'capacity'],
      ...rows.map((row) => [
        row.resource,
        row.capacity === 0 ? 'not offered' : credits(row.price_micro_per_s),
        percent(row.utilisation_ppm),
        row.capacity === 0 ? '' : capacityOf(row.resource, row.capacity),
      ]),
    ]),
  )
}

export async function showLedger(flags: LocalFlags & { agent?: string; at?: number; limit: number }): Promise<void> {
  const { queries } = await openLocal(flags)
  if (flags.at !== undefined) {
    if (flags.agent === undefined) throw new Error('--at needs --agent: whose balance it was')
    const { balance_micro, held_micro } = await balanceAt(queries, flags.agent, flags.at)
    return print(
      flags,
      { agent_id: flags.agent, balance_micro, held_micro, seq: flags.at },
      () => `After #${flags.at} ${flags.agent} had ${credits(balance_micro)} credits free and ${credits(held_micro)} in holds.`,
    )
  }
  const rows = (flags.agent === undefined ? await lastMovements(queries, flags.limit) : await movementsOf(queries, flags.agent, flags)).reverse()
  print(flags, rows, () =>
    table([
      ['seq', 'time', 'from', 'to', 'credits', 'purpose'],
      ...rows.map((row) => [
        String(row.seq),
        clock(row.at_ms),
        row.from_account === 'holds' ? `${row.from_agent} (held)` : row.from_agent,
        row.to_account === 'holds' ? `${row.to_agent} (held)` : row.to_agent,
        credits(row.amount_micro),
        row.purpose,
      ]),
    ]),
  )
}

export async function showEvents(flags: LocalFlags & { agent?: string; follow?: boolean; after: number; limit: number; type?: string }): Promise<void> {
  const { queries } = await openLocal(flags)
  let after = flags.after
  for (;;) {
    const events = await readEvents(queries, { after_seq: after, agent_id: flags.agent, limit: flags.limit, type: flags.type })
    for (const event of events)
      console.log(
        flags.json === true ? JSON.stringify(event) : (describeEvent(event) ?? `${clock(event.at_ms)} #${event.seq} ${event.type} ${explainEvent(event)}`),
      )
    after = events.at(-1)?.seq ?? after
    if (flags.follow !== true) return
    await wait(200)
  }
}

export interface VerifyFlags extends LocalFlags {
  readonly solve?: boolean
  readonly solveLimitMs: number
}

/** Re-executes the journal; with `--solve` the optimum of each exact clearing is asked of the solver again. */
export async function runVerify(flags: VerifyFlags): Promise<void> {
  const { queries } = await openLocal(flags)
  const solver = flags.solve === true ? lazySolver() : null
  const again = solver === null ? null : { solver, time_limit_ms: flags.solveLimitMs }
  const verdict = await verify(await watchedReads(queries), batchHash, GENESIS_HASH, again, new ShownClearings(queries))
  await solver?.close()
  const { optima } = verdict
  const solved =
    optima === null
      ? ''
      : ` Solved again: ${optima.proven} of ${optima.proven + optima.open} exact clearings proven${optima.open === 0 ? '' : `, ${optima.open} not within ${flags.solveLimitMs} ms`}.`
  print(flags, verdict, () =>
    verdict.ok
      ? `Verified: ${verdict.records} records, ${verdict.events} events, ${verdict.certificates} certificates; re-execution gives the same bytes, credits are conserved.${solved}`
      : `NOT verified, first bad sequence number ${verdict.bad_seq}: ${verdict.problem}`,
  )
  if (!verdict.ok) process.exitCode = 1
}
