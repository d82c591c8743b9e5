import { type Queries, movementsBackwards } from '../store/index.ts'
import { WATCHERS } from './principal.ts'
import { type App, type ServiceParts, addOperation } from './service.ts'

/** Movements that the flows are added up over. */
const FLOW_ROWS = 50_000
/** Agents shown by name; the others flow together. */
const NAMED = 8
/** The sums are made anew at most this often, however many look. */
const FRESH_MS = 5000
const OTHERS = 'other agents'
/** Purposes of payments between agents shown by name. */
const PURPOSES = 5
const OTHER_PAYMENTS = 'other payments'

interface Group {
  readonly amount_micro: number
  readonly from_agent: string
  readonly movements: number
  readonly purpose: string
  readonly to_agent: string
}

/** Sums over the last movements by payer, payee and purpose, and the number of the first of them. */
async function groupsOf(queries: Queries): Promise<{ first: number; groups: Group[] }> {
  const groups = new Map<string, Group>()
  let first: number | null = null
  for await (const { amount_micro, from_agent, number, purpose, to_agent } of movementsBackwards(queries)) {
    first ??= Math.max(0, number - FLOW_ROWS)
    if (number <= first) break
    const key = `${from_agent}\n${to_agent}\n${purpose}`
    const { amount_micro: sum, movements } = groups.get(key) ?? { amount_micro: 0, movements: 0 }
    groups.set(key, { amount_micro: sum + amount_micro, from_agent, movements: movements + 1, purpose, to_agent })
  }
  return { first: first ?? 0, groups: [...groups.values()] }
}

const isAgent = (name: string): boolean => name !== 'mint' && name !== 'burn'

/** What agents pay one another for is their own text: numbers in it do not part what is alike, and the smaller purposes flow together. */
function folded(groups: readonly Group[]): Group[] {
  const alike = groups.map((group) =>
    isAgent(group.from_agent) && isAgent(group.to_agent) ? { ...group, purpose: group.purpose.replace(/[-#]?\d+/g, '').trim() } : group,
  )
  const sums = new Map<string, number>()
  for (const { amount_micro, from_agent, purpose, to_agent } of alike)
    if (from_agent !== to_agent && isAgent(from_agent) && isAgent(to_agent)) sums.set(purpose, (sums.get(purpose) ?? 0) + amount_micro)
  const small = new Set(
    [...sums]
      .toSorted((one, other) => other[1] - one[1])
      .slice(PURPOSES)
      .map(([purpose]) => purpose),
  )
  return alike.map((group) =>
    group.from_agent !== group.to_agent && isAgent(group.from_agent) && isAgent(group.to_agent) && small.has(group.purpose)
      ? { ...group, purpose: OTHER_PAYMENTS }
      : group,
  )
}

function byPurpose(groups: readonly Group[]): object[] {
  const sums = new Map<string, { amount_micro: number; movements: number; purpose: string }>()
  for (const { amount_micro, movements, purpose } of groups) {
    const sum = sums.get(purpose) ?? { amount_micro: 0, movements: 0, purpose }
    sums.set(purpose, { amount_micro: sum.amount_micro + amount_micro, movements: sum.movements + movements, purpose })
  }
  return [...sums.values()].toSorted((one, other) => other.amount_micro - one.amount_micro)
}

/** Mint → agents → burn: what crossed the border of an agent's account, by purpose. Credits that an agent only holds or frees stay inside. */
function linksOf(groups: readonly Group[]): object[] {
  const crossing = groups.filter((group) => group.from_agent !== group.to_agent)
  const turnover = new Map<string, number>()
  for (const { amount_micro, from_agent, to_agent } of crossing)
    for (const agent of [from_agent, to_agent]) if (isAgent(agent)) turnover.set(agent, (turnover.get(agent) ?? 0) + amount_micro)
  const ranked = [...turnover].toSorted((one, other) => other[1] - one[1]).map(([agent]) => agent)
  const named = new Set(ranked.slice(0, NAMED))
  const party = (name: string): string => (!isAgent(name) || named.has(name) ? name : OTHERS)
  const sums = new Map<string, { amount_micro: number; from: string; purpose: string; to: string }>()
  for (const { amount_micro, from_agent, purpose, to_agent } of crossing) {
    const link = { amount_micro, from: party(from_agent), purpose, to: party(to_agent) }
    const key = JSON.stringify([link.from, link.to, purpose])
    sums.set(key, { ...link, amount_micro: amount_micro + (sums.get(key)?.amount_micro ?? 0) })
  }
  return [...sums.values()].toSorted((one, other) => other.amount_micro - one.amount_micro)
}

/** Where credits come from and where they go. */
export function addFlowRoutes(app: App, parts: ServiceParts): void {
  const { host, queries } = parts
  let known: { answer: Promise<object>; until_ms: number } | null = null
  const sum = async (): Promise<object> => {
    const { first, groups: single } = await groupsOf(queries)
    const groups = folded(single)
    return { flows: byPurpose(groups), is_whole: first === 0, links: linksOf(groups), movements_max: FLOW_ROWS }
  }
  addOperation(app, parts, {
    handle: () => {
      if (known === null || known.until_ms <= host.now()) known = { answer: sum(), until_ms: host.now() + FRESH_MS }
      return known.answer
    },
    method: 'get',
    path: '/economic/flows',
    roles: WATCHERS,
    summary: 'Credits moved, by purpose and from whom to whom (mint, the agents of the largest turnover, the others, burn), over the last movements.',
    tag: 'watch',
  })
}
