import { type Resource, RESOURCES } from '@syntropism/economy'
import { ConfigError, type Moment, fork, stateAt, loadConfig, pathsOf, readStore } from '@syntropism/runtime'
import { clock, credits, percent, table } from '../terminal/format.ts'
import { type LocalFlags, openLocal, print } from '../terminal/local.ts'
import { watchedReads } from '../terminal/watched-reads.ts'
import { changesOf } from '../operator/commands.ts'
import { type Picture, pictureOf } from '../terminal/picture.ts'

export interface ReplayFlags extends LocalFlags {
  readonly to: string
}

export interface ForkFlags extends LocalFlags {
  readonly at?: string
  readonly databaseUrl?: string
  readonly set?: readonly string[]
  readonly withInputs?: boolean
}

/** A whole number is a sequence number, anything else a time. */
export function momentOf(text: string, option: string): Moment {
  if (/^\d+$/.test(text)) {
    const seq = Number(text)
    if (Number.isSafeInteger(seq)) return { seq }
  }
  const atMs = Date.parse(text)
  if (/^\d{4}-/.test(text) && !Number.isNaN(atMs)) return { at_ms: atMs }
  throw new ConfigError(`${option} ${text} is no moment; right would be a sequence number such as 120, or a time such as 2026-11-28T12:00:00Z`)
}

/** The end of a journal, whatever it is. */
export const END: Moment = { at_ms: Number.MAX_SAFE_INTEGER }
const pictureAt = async (flags: LocalFlags, moment: Moment): Promise<Picture> => {
  const { close, queries } = await openLocal(flags)
  try {
    return pictureOf((await stateAt(await watchedReads(queries), moment)).state)
  } finally {
    await close()
  }
}

const supplyLine = ({ burned_micro, circulating_micro, granted_micro, rewarded_micro }: Picture['supply']): string =>
  `${credits(granted_micro)} granted + ${credits(rewarded_micro)} rewarded − ${credits(burned_micro)} burned = ${credits(circulating_micro)} credits in circulation`

const sharesOf = (shares: object): string =>
  Object.entries(shares)
    .map(([resource, ppm]) => `${percent(Number(ppm))} ${resource}`)
    .join(', ')

function pictureText(picture: Picture): string {
  const section = (title: string, rows: readonly (readonly string[])[]): string => (rows.length <= 1 ? `${title}: none` : `${title}\n${table(rows)}`)
  return [
    `Economy ${picture.economy_id} after #${picture.seq}, ${new Date(picture.at_ms).toISOString()}`,
    supplyLine(picture.supply),
    section('Agents', [
      ['agent', 'state', 'free', 'held'],
      ...picture.agents.map((one) => [one.agent_id, one.status, credits(one.balance_micro), credits(one.held_micro)]),
    ]),
    section('Prices', [
      ['resource', 'credits/s', 'sold'],
      ...RESOURCES.map((resource) => [resource, credits(picture.prices[resource]), percent(picture.sold_ppm[resource])]),
    ]),
    section('Windows', [
      ['lease', 'agent', 'paid', 'until'],
      ...picture.leases.map((one) => [one.lease_id, one.agent_id, credits(one.paid_micro), clock(one.ends_at_ms)]),
    ]),
    section('Book', [
      ['bid', 'agent', 'payer', 'credits', 'for', 'ms'],
      ...picture.book.map((one) => [one.bid_id, one.agent_id, one.payer_id, credits(one.amount_micro), sharesOf(one.shares_ppm), String(one.duration_ms)]),
    ]),
    section('Open prompts', [
      ['prompt', 'agent', 'bids', 'until'],
      ...picture.prompts.map((one) => [one.prompt_id, one.agent_id, credits(one.amount_micro), clock(one.deadline_at_ms)]),
    ]),
  ].join('\n\n')
}

/** The state as it was. */
export async function runReplay(flags: ReplayFlags): Promise<void> {
  const picture = await pictureAt(flags, momentOf(flags.to, '--to'))
  print(flags, picture, () => pictureText(picture))
}

/** A new economy from a moment of this one. */
export async function runFork(folder: string, flags: ForkFlags): Promise<void> {
  const at = flags.at === undefined ? null : momentOf(flags.at, '--at')
  const changes = changesOf(flags.set ?? [])
  const isInDatabase = flags.databaseUrl !== undefined
  // The configured database is the parent's: where the fork goes is said by its own option alone.
  const to = { database_url: isInDatabase ? loadConfig({ database_url: flags.databaseUrl }, {}).database_url : undefined, folder }
  const { close, paths, queries } = await openLocal(flags)
  try {
    const made = await fork({ at, changes, from: paths, journal: await watchedReads(queries), to, with_inputs: flags.withInputs === true })
    print(flags, { ...made, folder, in_database: isInDatabase }, () =>
      [
        `Economy ${made.economy_id} in ${folder}${isInDatabase ? ' and its PostgreSQL database' : ''}: leaves ${made.parent_economy_id} after #${made.parent_seq}, ${new Date(made.parent_at_ms).toISOString()}.`,
        ...(flags.withInputs === true ? [`${made.inputs} later inputs carried out, ${made.inputs_left_out} left out; it is at #${made.seq}.`] : []),
        `Run it with "syntropism live --data ${folder}" and the same configuration${isInDatabase ? ', but its own DATABASE_URL' : ''}; compare with "syntropism diff".`,
      ].join('\n'),
    )
  } finally {
    await close()
  }
}

interface Difference {
  readonly what: string
  readonly one: number | string | null
  readonly other: number | string | null
}

/** The end of the economy in a data folder, or in the PostgreSQL database of an address; DATABASE_URL is not looked at. */
async function pictureIn(place: string, moment: Moment): Promise<Picture> {
  const isAddress = /^postgres(ql)?:\/\//.test(place)
  const config = loadConfig({ data: isAddress ? undefined : place }, { ...process.env, DATABASE_URL: isAddress ? place : undefined })
  const store = await readStore(config, pathsOf(config.data))
  if (store === null)
    throw new ConfigError(`there is no economy in ${isAddress ? 'the database' : config.data}; name a data folder, or the address of a PostgreSQL database`)
  try {
    return pictureOf((await stateAt(await watchedReads(store.queries), moment)).state)
  } finally {
    await store.close()
  }
}

/** Everything in which two economies differ, by name. */
function differences(one: Picture, other: Picture): Difference[] {
  const rows: Difference[] = []
  const add = (what: string, a: Difference['one'], b: Difference['one']): void => {
    if (a !== b) rows.push({ one: a, other: b, what })
  }
  for (const key of ['granted_micro', 'rewarded_micro', 'burned_micro', 'circulating_micro'] as const) add(`supply ${key}`, one.supply[key], other.supply[key])
  for (const resource of RESOURCES as readonly Resource[]) add(`price ${resource}`, one.prices[resource], other.prices[resource])
  const agents = new Map(other.agents.map((agent) => [agent.agent_id, agent]))
  for (const id of new Set([...one.agents.map((agent) => agent.agent_id), ...agents.keys()])) {
    const a = one.agents.find((agent) => agent.agent_id === id)
    const b = agents.get(id)
    add(`${id} lives`, a === undefined ? null : a.status === 'dead' ? 'no' : 'yes', b === undefined ? null : b.status === 'dead' ? 'no' : 'yes')
    add(`${id} balance_micro`, a?.balance_micro ?? null, b?.balance_micro ?? null)
    add(`${id} held_micro`, a?.held_micro ?? null, b?.held_micro ?? null)
  }
  return rows
}

const shown = ({ what }: Difference, value: Difference['one']): string =>
  value === null ? 'not there' : typeof value === 'number' ? credits(value) : what.endsWith('lives') ? value : String(value)

/** What became of two economies. */
export async function runDiff(folder: string, other: string, flags: { at?: string; json?: boolean }): Promise<void> {
  const moment = flags.at === undefined ? END : momentOf(flags.at, '--at')
  const [a, b] = [await pictureIn(folder, moment), await pictureIn(other, moment)]
  const rows = differences(a, b)
  const living = (picture: Picture): number => picture.agents.filter((agent) => agent.status !== 'dead').length
  const summary = (picture: Picture) => ({ at_ms: picture.at_ms, economy_id: picture.economy_id, living: living(picture), seq: picture.seq, ...picture.supply })
  print(flags, { differences: rows, one: summary(a), other: summary(b) }, () =>
    [
      ...[a, b].map(
        (picture) => `${picture.economy_id} after #${picture.seq}: ${living(picture)} of ${picture.agents.length} agents live; ${supplyLine(picture.supply)}`,
      ),
      rows.length === 0
        ? 'Supply, prices, balances and lives are the same.'
        : table([
            ['what', a.economy_id, b.economy_id, 'difference'],
            ...rows.map((row) => [
              row.what.replace('_micro', ''),
              shown(row, row.one),
              shown(row, row.other),
              typeof row.one === 'number' && typeof row.other === 'number' ? credits(row.other - row.one) : '',
            ]),
          ]),
    ].join('\n'),
  )
}
