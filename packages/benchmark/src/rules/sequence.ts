import type { EventPattern, Rules } from '../scenario/index.ts'
import { unmetIn } from './condition.ts'
import type { Failure, LoggedEvent } from './record.ts'

type Sequence = NonNullable<Rules['sequence']>
export type ByType = ReadonlyMap<string, readonly LoggedEvent[]>

/** Events tried while looking for a match; beyond it the sequence counts as not found. */
const TRIES_MAX = 200_000

interface Search {
  readonly byType: ByType
  readonly sequence: Sequence
  readonly labels: Map<string, LoggedEvent>
  readonly used: Set<LoggedEvent>
  deepest: number
  miss: Omit<Failure, 'rule'> | null
  tries: number
}

const named = (pattern: EventPattern): string => `${pattern.type}${pattern.label === undefined ? '' : ` (${pattern.label})`}`

/** First index whose event comes after `seq`. */
function indexAfter(events: readonly LoggedEvent[], seq: number): number {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((events[middle] as LoggedEvent).seq <= seq) low = middle + 1
    else high = middle
  }
  return low
}

/** Why an event does not fit a step, or null. */
function misfit(search: Search, pattern: EventPattern, event: LoggedEvent, before: LoggedEvent | null): { expected: string; got: string } | null {
  const gap = before === null ? 0 : event.at_ms - before.at_ms
  if (pattern.gap_ms_max !== undefined && gap > pattern.gap_ms_max)
    return { expected: `at most ${pattern.gap_ms_max} ms after the step before`, got: `${gap} ms` }
  return unmetIn(pattern.where, event, search.labels)
}

function note(search: Search, step: number, miss: Omit<Failure, 'rule'>): void {
  if (step < search.deepest || (step === search.deepest && search.miss !== null && search.miss.seq !== null)) return
  search.deepest = step
  search.miss = miss
}

function find(search: Search, step: number, before: LoggedEvent | null): boolean {
  const pattern = search.sequence.events[step]
  if (pattern === undefined) return true
  const events = search.byType.get(pattern.type) ?? []
  const isOrdered = search.sequence.order === 'ordered'
  note(search, step, {
    expected: `step ${step + 1}: ${named(pattern)}`,
    got: isOrdered && step > 0 ? 'no such event after the step before' : 'no such event',
    seq: null,
  })
  for (let index = isOrdered && before !== null ? indexAfter(events, before.seq) : 0; index < events.length; index++) {
    const event = events[index] as LoggedEvent
    if (search.used.has(event)) continue
    if (++search.tries > TRIES_MAX) return false
    const miss = misfit(search, pattern, event, before)
    if (miss !== null) {
      note(search, step, { expected: `step ${step + 1}: ${named(pattern)} with ${miss.expected}`, got: miss.got, seq: event.seq })
      continue
    }
    search.used.add(event)
    if (pattern.label !== undefined) search.labels.set(pattern.label, event)
    if (find(search, step + 1, event)) return true
    search.used.delete(event)
    if (pattern.label !== undefined) search.labels.delete(pattern.label)
  }
  return false
}

/** Looks for the sequence; another match of an earlier step is tried when a later one fails. Returns the labelled events, or why it is not there. */
export function matchSequence(sequence: Sequence, byType: ByType): { failure: Failure | null; labels: ReadonlyMap<string, LoggedEvent> } {
  const search: Search = { byType, deepest: -1, labels: new Map(), miss: null, sequence, tries: 0, used: new Set() }
  if (find(search, 0, null)) return { failure: null, labels: search.labels }
  return { failure: { ...(search.miss as Omit<Failure, 'rule'>), rule: 'sequence' }, labels: new Map() }
}
