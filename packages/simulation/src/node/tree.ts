import type { Extra } from '../index.ts'
import { escape, short } from './chart.ts'

const [WIDTH, ROW] = [900, 14]
const SHOWN_MAX = 400

interface Member {
  readonly id: number
  readonly parent: number
  readonly born: number
  readonly died: number
  readonly trait: number
}

/** Members in the order of a walk through the tree, children below their parent by birth. */
function walk(members: readonly Member[]): Member[] {
  const children = new Map<number, Member[]>()
  for (const member of members) children.set(member.parent, [...(children.get(member.parent) ?? []), member])
  const known = new Set(members.map((member) => member.id))
  const order: Member[] = []
  const stack = members.filter((member) => !known.has(member.parent)).toReversed()
  for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
    order.push(member)
    stack.push(...(children.get(member.id) ?? []).toReversed())
  }
  return order
}

/**
 * At most SHOWN_MAX lives, those with most descendants first, then who lives at the end. A parent has more descendants than its child, so a life
 * is shown with all its ancestors. Ids are in the order of birth.
 */
function foremost(members: readonly Member[], end: number): Member[] {
  if (members.length <= SHOWN_MAX) return [...members]
  const descendants = new Map<number, number>()
  for (const { id, parent } of members.toReversed()) descendants.set(parent, (descendants.get(parent) ?? 0) + 1 + (descendants.get(id) ?? 0))
  const rank = (one: Member): number => (descendants.get(one.id) ?? 0) * 2 + (one.died >= end ? 1 : 0)
  return members
    .toSorted((a, b) => rank(b) - rank(a) || a.id - b.id)
    .slice(0, SHOWN_MAX)
    .sort((a, b) => a.id - b.id)
}

/** Lives as lines over time, each joined to its parent's at birth; colour by trait from blue (least) to orange (most). Columns: id, parent, born, died, trait. */
export function lineageTree(extra: Extra): string {
  const all = extra.rows.map(
    ([id, parent, born, died, trait]): Member => ({ born: Number(born), died: Number(died), id: Number(id), parent: Number(parent), trait: Number(trait) }),
  )
  const end = all.reduce((last, member) => Math.max(last, member.died), 1)
  const members = foremost(all, end)
  const order = walk(members)
  const row = new Map(order.map((member, index) => [member.id, index]))
  const traits = members.map((member) => member.trait)
  const [low, high] = [Math.min(...traits), Math.max(...traits)]
  const x = (step: number): string => (10 + (step / end) * (WIDTH - 20)).toFixed(1)
  const y = (index: number): number => 10 + index * ROW
  const lines = order.map((member, index) => {
    const hue = high === low ? 210 : 210 - ((member.trait - low) / (high - low)) * 180
    const parent = row.get(member.parent)
    const join = parent === undefined ? '' : `<path d="M${x(member.born)} ${y(parent)}V${y(index)}" stroke="#8888" fill="none"/>`
    return `${join}<path d="M${x(member.born)} ${y(index)}H${x(member.died)}" stroke="hsl(${hue.toFixed(0)} 80% 45%)" stroke-width="3"><title>${member.id}: steps ${member.born}–${member.died}, trait ${member.trait}</title></path>`
  })
  const more = all.length > members.length ? ` The ${members.length} of ${all.length} with most descendants.` : ''
  return `<h2>Lineage</h2><p>A line is a life, from step 0 to ${end}; colour by trait from ${short(low)} (blue) to ${short(high)} (orange).${more}</p><svg viewBox="0 0 ${WIDTH} ${20 + order.length * ROW}" role="img" aria-label="${escape(extra.name)}">${lines.join('')}</svg>`
}
