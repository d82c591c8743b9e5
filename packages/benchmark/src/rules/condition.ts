import type { Condition } from '../scenario/index.ts'
import { type Labels, type LoggedEvent, memberAt, shown } from './record.ts'

/** What a reference to a matched event stands for; undefined when that event or member is missing. */
function referred(value: unknown, labels: Labels): unknown {
  if (typeof value !== 'string' || !value.startsWith('@')) return value
  const dot = value.indexOf('.')
  return memberAt(labels.get(value.slice(1, dot)), value.slice(dot + 1))
}

const same = (a: unknown, b: unknown): boolean => a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b))
const ordered = (a: unknown, b: unknown, compare: (a: number, b: number) => boolean): boolean => typeof a === 'number' && typeof b === 'number' && compare(a, b)
const patterns = new Map<string, RegExp>()
function matches(value: unknown, pattern: string): boolean {
  let ready = patterns.get(pattern)
  if (ready === undefined) patterns.set(pattern, (ready = new RegExp(pattern, 'u')))
  return typeof value === 'string' && ready.test(value)
}

function holds(operator: string, value: unknown, wanted: unknown): boolean {
  switch (operator) {
    case '=':
      return same(value, wanted)
    case '!=':
      return !same(value, wanted)
    case '<':
      return ordered(value, wanted, (a, b) => a < b)
    case '<=':
      return ordered(value, wanted, (a, b) => a <= b)
    case '>':
      return ordered(value, wanted, (a, b) => a > b)
    case '>=':
      return ordered(value, wanted, (a, b) => a >= b)
    case 'between': {
      const [low, high] = wanted as [unknown, unknown]
      return ordered(value, low, (a, b) => a >= b) && ordered(value, high, (a, b) => a <= b)
    }
    case 'in':
      return (wanted as unknown[]).some((one) => same(value, one))
    case 'not_in':
      return !(wanted as unknown[]).some((one) => same(value, one))
    default:
      return matches(value, wanted as string)
  }
}

/** What a value should have been, or null when it is that. */
export function unmet(condition: Condition, value: unknown, labels: Labels): string | null {
  if (typeof condition !== 'object' || condition === null) {
    const wanted = referred(condition, labels)
    return same(value, wanted) ? null : `= ${shown(wanted)}`
  }
  for (const [operator, raw] of Object.entries(condition)) {
    if (raw === undefined) continue
    const wanted = Array.isArray(raw) ? raw.map((one) => referred(one, labels)) : operator === 'matches' ? raw : referred(raw, labels)
    if (!holds(operator, value, wanted)) return `${operator} ${shown(wanted)}`
  }
  return null
}

/** The first member of an event that is not as wanted, or null. */
export function unmetIn(where: Readonly<Record<string, Condition>> | undefined, event: LoggedEvent, labels: Labels): { expected: string; got: string } | null {
  for (const path in where) {
    const value = memberAt(event, path)
    const expected = unmet(where[path] as Condition, value, labels)
    if (expected !== null) return { expected: `${path} ${expected}`, got: `${path} ${shown(value)}` }
  }
  return null
}
