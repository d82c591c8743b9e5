import { amount, capacityOf, clock, credits, cut, percent, table, wrap } from '../terminal/format.ts'
import { type LocalFlags, Unreachable, callService, print } from '../terminal/local.ts'
import { type Size, bold, dim, isTerminal, openScreen } from '../terminal/screen.ts'

interface Row {
  readonly agent_id: string
  readonly balance_micro: number
  readonly earned_micro: number
  readonly held_micro: number
  readonly paused: boolean
  readonly status: string
  readonly status_reason: string
  readonly windows: number
}
/** What one look at the running economy gives. */
export interface Look {
  readonly agents: readonly Row[]
  readonly economy: Readonly<
    Record<'at_ms' | 'burned_micro' | 'circulating_micro' | 'granted_micro' | 'held_micro' | 'living_agents' | 'rewarded_micro' | 'seq', number>
  >
  readonly everyone_paused: boolean
  readonly prompts: number
  readonly resources: readonly { capacity: number; price_micro_per_s: number; resource: string; utilisation_ppm: number }[]
  readonly windows: number
}

/** What the agents can be ranked by, with the key that chooses each: the service's name of the order, and the column. */
const RANKS = {
  b: { column: 'balance_micro', order: 'balance' },
  e: { column: 'earned_micro', order: 'earned' },
  h: { column: 'held_micro', order: 'held' },
  w: { column: 'windows', order: 'windows' },
} as const
export type RankKey = keyof typeof RANKS

async function look(flags: LocalFlags, rank: RankKey): Promise<Look> {
  const get = (path: string) => callService(flags, 'GET', path) as Promise<never>
  const [economy, market, population, desk, around] = await Promise.all([
    get('/economy') as Promise<Look['economy']>,
    get('/market/state') as Promise<Pick<Look, 'resources'>>,
    get(`/agents?limit=1000&order=${RANKS[rank].order}`) as Promise<Pick<Look, 'agents'>>,
    get('/attention/prompts') as Promise<{ prompts: object[] }>,
    get('/operator/state') as Promise<Pick<Look, 'everyone_paused' | 'windows'>>,
  ])
  return {
    agents: population.agents,
    economy,
    everyone_paused: around.everyone_paused,
    prompts: desk.prompts.length,
    resources: market.resources,
    windows: around.windows,
  }
}

/** Characters that a name keeps on a narrow terminal, and those that it is worth leaving the reasons out for. */
const NAME_LEAST = 12
const NAME_GOOD = 24

/** What is sold, at which price. */
function resourceLines({ resources }: Look, columns: number): string[] {
  const [header = '', ...rows] = table([
    ['resource', 'credits/s', 'sold', 'of'],
    ...resources
      .filter((resource) => resource.capacity > 0)
      .map(({ capacity, price_micro_per_s, resource, utilisation_ppm }) => [
        resource,
        credits(price_micro_per_s),
        percent(utilisation_ppm),
        capacityOf(resource, capacity),
      ]),
  ]).split('\n')
  return [bold(cut(header, columns)), ...rows.map((line) => cut(line, columns))]
}

/** The agents by rank, the column that ranks them marked. A long name leaves the figures in sight; the reason goes first where there is no room. */
function agentLines({ agents }: Look, rank: RankKey, columns: number): string[] {
  const ranked = agents.toSorted((a, b) => b[RANKS[rank].column] - a[RANKS[rank].column])
  const marked = (name: string, key: RankKey): string => (key === rank ? `${name} ▾` : name)
  const figures = [
    ['state', marked('free', 'b'), marked('held', 'h'), marked('earned', 'e'), marked('windows', 'w'), 'why'],
    ...ranked.map((row) => [
      row.paused ? `${row.status}, paused` : row.status,
      amount(row.balance_micro),
      amount(row.held_micro),
      amount(row.earned_micro),
      String(row.windows),
      row.status_reason.replaceAll('_', ' '),
    ]),
  ]
  const roomBeside = (rows: readonly (readonly string[])[]): number =>
    columns -
    2 -
    Math.max(
      ...table(rows)
        .split('\n')
        .slice(0, 100)
        .map((line) => line.length),
    )
  const whole = roomBeside(figures)
  const names = ['agent', ...ranked.map((row) => row.agent_id)]
  const shown = whole < Math.min(NAME_GOOD, Math.max(...names.slice(0, 100).map((name) => name.length))) ? figures.map((row) => row.slice(0, 5)) : figures
  const room = Math.max(NAME_LEAST, shown === figures ? whole : roomBeside(shown))
  const [header = '', ...rows] = table(names.map((name, index) => [cut(name, room), ...(shown[index] ?? [])])).split('\n')
  return [bold(cut(header, columns)), ...rows.map((line) => cut(line, columns))]
}

/** One frame: supply, prices, then as many agents as there is room for. `trouble` says why it is not of now. */
export function topLines(one: Look, rank: RankKey, { columns, rows }: Size, trouble = ''): string[] {
  const { economy: e } = one
  const head = [
    ...wrap(trouble, columns)
      .filter((line) => line !== '')
      .map(bold),
    bold(
      cut(
        `${clock(e.at_ms).slice(0, 8)} UTC  #${e.seq}  ${e.living_agents} living agents, ${one.windows} windows, ${one.prompts} open prompts${one.everyone_paused ? '  DRAINING' : ''}`,
        columns,
      ),
    ),
    ...wrap(
      `in circulation ${credits(e.circulating_micro)} = granted ${credits(e.granted_micro)} + rewarded ${credits(e.rewarded_micro)} − burned ${credits(e.burned_micro)}; in holds ${credits(e.held_micro)}`,
      columns,
    ),
    '',
    ...resourceLines(one, columns),
    '',
  ]
  const foot = ['', ...wrap('rank by b balance · e earned · h held · w windows   q quit', columns).map(dim)]
  return [...[...head, ...agentLines(one, rank, columns)].slice(0, Math.max(1, rows - 1 - foot.length)), ...foot]
}

const EVERY_MS = 1000

/** The running economy, full screen; one frame where nobody sits at the terminal. */
export async function runTop(flags: LocalFlags & { once?: boolean }): Promise<void> {
  let rank: RankKey = 'b'
  let now = await look(flags, rank)
  if (flags.json === true || flags.once === true || !isTerminal())
    return print(flags, now, () =>
      topLines(now, 'b', { columns: process.stdout.columns ?? 160, rows: 1000 })
        .slice(0, -2)
        .join('\n'),
    )
  let trouble = ''
  await new Promise<void>((done, fail) => {
    const end = (finish: () => void): void => {
      clearInterval(timer)
      screen.close()
      finish()
    }
    const screen = openScreen(
      {
        lines: (size) => topLines(now, rank, size, trouble),
        onKey(key) {
          if (key === 'q' || key === '\u0003') end(done)
          else if (key in RANKS) rank = key as RankKey
        },
      },
      EVERY_MS,
    )
    const timer = setInterval(() => {
      look(flags, rank).then(
        (next) => {
          now = next
          trouble = ''
        },
        (error: unknown) => {
          if (error instanceof Unreachable) trouble = `NO ANSWER, as it was at ${clock(now.economy.at_ms)}: ${error.message}; trying again`
          else end(() => fail(error))
        },
      )
    }, EVERY_MS)
  })
}
