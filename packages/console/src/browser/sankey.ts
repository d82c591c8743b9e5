/** Credits that went from one party to another for one purpose. */
export interface Link {
  readonly amount_micro: number
  readonly from: string
  readonly purpose: string
  readonly to: string
}

type Column = 'source' | 'agent' | 'sink'
interface Box {
  readonly amount_micro: number
  readonly column: Column
  readonly height: number
  readonly kind: 'mint' | 'burn' | 'agents' | 'rest'
  readonly name: string
  readonly x: number
  readonly y: number
}
interface Ribbon {
  readonly amount_micro: number
  readonly from: string
  readonly kind: Box['kind']
  readonly path: string
  readonly to: string
}
export interface Sankey {
  readonly boxes: readonly Box[]
  readonly height: number
  readonly ribbons: readonly Ribbon[]
  readonly width: number
}

const WIDTH = 1080
const BOX = 12
const GAP = 14
/** Room for names on both sides. */
const SIDE = 255
const HEIGHT_MIN = 300
/** Thinner than this nothing can be seen or pointed at. */
const THIN = 1.5
const X: Readonly<Record<Column, number>> = { agent: WIDTH / 2 - BOX / 2, sink: WIDTH - SIDE - BOX, source: SIDE }

interface Flow {
  readonly amount: number
  readonly kind: Box['kind']
  readonly other: string
}
interface Agent {
  readonly in: Flow[]
  readonly out: Flow[]
}

const sum = (flows: readonly Flow[]): number => flows.reduce((total, flow) => total + flow.amount, 0)

/** What came into each agent and what left it. Payments between agents leave on the right and come in on the left, so that nothing runs backwards. */
function agentsOf(links: readonly Link[], isWhole: boolean): Map<string, Agent> {
  const agents = new Map<string, Agent>()
  const agent = (name: string): Agent => {
    const known = agents.get(name) ?? { in: [], out: [] }
    agents.set(name, known)
    return known
  }
  for (const { amount_micro: amount, from, purpose, to } of links) {
    if (to !== 'burn' && to !== 'mint')
      agent(to).in.push({
        amount,
        kind: from === 'mint' ? 'mint' : from === 'burn' ? 'burn' : 'agents',
        other: from === 'mint' ? `mint: ${purpose}` : from === 'burn' ? `returned: ${purpose}` : `from agents: ${purpose}`,
      })
    if (from !== 'mint' && from !== 'burn')
      agent(from).out.push({ amount, kind: to === 'burn' ? 'burn' : 'agents', other: to === 'burn' ? `burn: ${purpose}` : `to agents: ${purpose}` })
  }
  for (const one of agents.values()) {
    const rest = sum(one.in) - sum(one.out)
    if (rest > 0) one.out.push({ amount: rest, kind: 'rest', other: isWhole ? 'in circulation' : 'kept' })
    else if (rest < 0) one.in.push({ amount: -rest, kind: 'rest', other: 'from before' })
  }
  return agents
}

const KINDS: readonly Box['kind'][] = ['mint', 'burn', 'agents', 'rest']

/** Names of one side by what flows through them, those of a kind together. */
function sideOf(flows: readonly Flow[]): Map<string, { amount: number; kind: Box['kind'] }> {
  const sums = new Map<string, { amount: number; kind: Box['kind'] }>()
  for (const { amount, kind, other } of flows) sums.set(other, { amount: (sums.get(other)?.amount ?? 0) + amount, kind })
  return new Map([...sums].toSorted(([, one], [, other]) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) || other.amount - one.amount))
}

function stack(column: Column, named: ReadonlyMap<string, { amount: number; kind: Box['kind'] }>, scale: number, whole: number): Box[] {
  const heights = [...named.values()].map(({ amount }) => Math.max(THIN, amount * scale))
  let y = (whole - heights.reduce((total, height) => total + height, 0) - GAP * (heights.length - 1)) / 2
  return [...named].map(([name, { amount, kind }], index) => {
    const height = heights[index] as number
    const box: Box = { amount_micro: amount, column, height, kind, name, x: X[column], y }
    y += height + GAP
    return box
  })
}

/** A band from the right edge of one box to the left edge of another. */
function band(fromX: number, fromY: number, toX: number, toY: number, thick: number): string {
  const middle = (fromX + toX) / 2
  const at = (value: number): string => value.toFixed(1)
  return `M${at(fromX)},${at(fromY)}C${at(middle)},${at(fromY)} ${at(middle)},${at(toY)} ${at(toX)},${at(toY)}V${at(toY + thick)}C${at(middle)},${at(toY + thick)} ${at(middle)},${at(fromY + thick)} ${at(fromX)},${at(fromY + thick)}Z`
}

/** Mint → agents → burn as boxes and bands, to scale. What an agent did not pass on is in circulation, or kept when the links are not all there ever were. */
export function layOut(links: readonly Link[], isWhole: boolean): Sankey {
  const agents = agentsOf(links, isWhole)
  const middle = new Map(
    [...agents]
      .map(([name, one]) => [name, { amount: sum(one.in), kind: 'agents' as const }] as const)
      .toSorted(([, one], [, other]) => other.amount - one.amount),
  )
  const sources = sideOf([...agents.values()].flatMap((one) => one.in))
  const sinks = sideOf([...agents.values()].flatMap((one) => one.out))
  const total = [...middle.values()].reduce((all, { amount }) => all + amount, 0)
  const rows = Math.max(sources.size, middle.size, sinks.size)
  const height = Math.max(HEIGHT_MIN, rows * (GAP + 16) + 40)
  const scale = total === 0 ? 0 : (height - GAP * (rows + 1)) / total
  const boxes = [...stack('source', sources, scale, height), ...stack('agent', middle, scale, height), ...stack('sink', sinks, scale, height)]
  const box = (column: Column, name: string): Box => boxes.find((one) => one.column === column && one.name === name) as Box
  const used = new Map<string, number>()
  /** Next free place at one edge of a box. */
  const place = (edge: string, of: Box, thick: number): number => {
    const y = of.y + (used.get(edge) ?? 0)
    used.set(edge, y + thick - of.y)
    return y
  }
  const ribbons: Ribbon[] = []
  for (const name of middle.keys()) {
    const at = box('agent', name)
    const { in: comes, out: goes } = agents.get(name) as Agent
    for (const [other, { amount, kind }] of sideOf(comes)) {
      const from = box('source', other)
      const thick = amount * scale
      ribbons.push({
        amount_micro: amount,
        from: other,
        kind,
        path: band(from.x + BOX, place(`>${other}`, from, thick), at.x, place(`in ${name}`, at, thick), Math.max(THIN / 2, thick)),
        to: name,
      })
    }
    for (const [other, { amount, kind }] of sideOf(goes)) {
      const to = box('sink', other)
      const thick = amount * scale
      ribbons.push({
        amount_micro: amount,
        from: name,
        kind,
        path: band(at.x + BOX, place(`out ${name}`, at, thick), to.x, place(`<${other}`, to, thick), Math.max(THIN / 2, thick)),
        to: other,
      })
    }
  }
  return { boxes, height, ribbons, width: WIDTH }
}

export const BOX_WIDTH = BOX
