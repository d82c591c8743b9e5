import type { EconomyEvent } from '@syntropism/contract'
import { type Flow, type ProvenanceReport, provenanceOf, stateAt } from '@syntropism/runtime'
import { credits, table } from '../terminal/format.ts'
import { type LocalFlags, openLocal, print } from '../terminal/local.ts'
import { watchedReads } from '../terminal/watched-reads.ts'
import { END, momentOf } from './past-commands.ts'

export interface ProvenanceFlags extends LocalFlags {
  readonly agent?: string
  readonly at?: string
  readonly limit: number
}

const originName = ({ origin }: Flow): string => (origin.kind === 'grant' ? `grant to ${origin.agent_id}` : `${origin.human_id} for ${origin.prompt_id}`)
const sourceName = ({ origin }: Flow): string => (origin.kind === 'grant' ? 'grants' : origin.human_id)
const useName = ({ use }: Flow): string => use?.purpose ?? 'still there'

/** Sums of flows by two names, largest first. */
function grouped(flows: readonly Flow[], one: (flow: Flow) => string, other: (flow: Flow) => string): string[][] {
  const sums = new Map<string, number>()
  for (const flow of flows) {
    const key = JSON.stringify([one(flow), other(flow)])
    sums.set(key, (sums.get(key) ?? 0) + flow.amount_micro)
  }
  return [...sums].toSorted((a, b) => b[1] - a[1]).map(([key, sum]) => [...(JSON.parse(key) as string[]), credits(sum)])
}

function flowRows(flows: readonly Flow[], limit: number): string {
  const shown = flows.toSorted((a, b) => (a.use?.seq ?? Infinity) - (b.use?.seq ?? Infinity)).slice(-limit)
  return table([
    ['minted at', 'by', 'credits', 'burned at', 'by', 'for'],
    ...shown.map((flow) => [
      `#${flow.origin.seq}`,
      originName(flow),
      credits(flow.amount_micro),
      flow.use === null ? '' : `#${flow.use.seq}`,
      flow.agent_id,
      flow.use === null ? 'still there' : `${flow.use.purpose} ${flow.use.hold_id}`,
    ]),
  ])
}

function text({ convention, flows, totals }: ProvenanceReport, flags: ProvenanceFlags): string {
  const { agent } = flags
  if (agent === undefined)
    return [
      table([['minted by', 'where it went', 'credits'], ...grouped(flows, sourceName, useName)]),
      `${credits(totals.granted_micro)} granted + ${credits(totals.rewarded_micro)} rewarded = ${credits(totals.burned_micro)} burned + ${credits(totals.circulating_micro)} still there; agrees with the ledger.`,
      convention,
    ].join('\n\n')
  const used = flows.filter((flow) => flow.agent_id === agent)
  const earned = flows.filter((flow) => flow.origin.agent_id === agent)
  return [
    `What ${agent} burned or has, and who minted it\n${table([['minted by', 'where it went', 'credits'], ...grouped(used, originName, useName)])}`,
    `What was minted to ${agent}, and who burned it or has it\n${table([['who', 'where it went', 'credits'], ...grouped(earned, (flow) => flow.agent_id, useName)])}`,
    `The last ${flags.limit} uses\n${flowRows(used, flags.limit)}`,
    convention,
  ].join('\n\n')
}

/** From the score that minted credits to the use that burned them. */
export async function runProvenance(flags: ProvenanceFlags): Promise<void> {
  const { close, queries } = await openLocal(flags)
  try {
    const journal = await watchedReads(queries)
    const { state } = await stateAt(journal, flags.at === undefined ? END : momentOf(flags.at, '--at'))
    if (flags.agent !== undefined && !state.agents.has(flags.agent)) throw new Error(`there is no agent ${flags.agent}; "syntropism agents" lists them`)
    const report = await provenanceOf(eventsOf(journal.read(0)), state)
    const of = (flow: Flow): boolean => flags.agent === undefined || flow.agent_id === flags.agent || flow.origin.agent_id === flags.agent
    const flows = report.flows.filter(of)
    print(flags, { ...report, flows: flows.map(({ origin, ...flow }) => ({ ...flow, origin: origin.transfer_id })) }, () => text({ ...report, flows }, flags))
  } finally {
    await close()
  }
}

async function* eventsOf(records: AsyncIterable<{ readonly events_json: string }>): AsyncGenerator<EconomyEvent> {
  for await (const { events_json } of records) yield* JSON.parse(events_json) as EconomyEvent[]
}
