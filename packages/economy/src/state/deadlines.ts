/** What falls due: the record that `kind` and `id` name is looked at again at `at_ms`. */
export interface Deadline {
  readonly at_ms: number
  readonly id: string
  readonly kind: 'bid_expiry' | 'bid_start' | 'duty' | 'invocation' | 'lease' | 'lease_minute' | 'llm_call' | 'llm_reserve' | 'prompt' | 'resumed' | 'tool_call'
  /** Creation order: the tie-break between deadlines of one instant. */
  readonly order: number
}

const before = (a: Deadline, b: Deadline): boolean => a.at_ms < b.at_ms || (a.at_ms === b.at_ms && a.order < b.order)

/** Adds to a binary heap ordered by (at_ms, order). */
export function pushDeadline(heap: Deadline[], deadline: Deadline): void {
  let index = heap.push(deadline) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!before(deadline, heap[parent] as Deadline)) break
    heap[index] = heap[parent] as Deadline
    index = parent
  }
  heap[index] = deadline
}

/** Takes the earliest from the heap. */
export function popDeadline(heap: Deadline[]): Deadline | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1] as Deadline, heap[child] as Deadline)) child += 1
    if (!before(heap[child] as Deadline, last)) break
    heap[index] = heap[child] as Deadline
    index = child
  }
  heap[index] = last
  return first
}

/** The heap's content in due order, for snapshots. */
export const sortedDeadlines = (heap: readonly Deadline[]): Deadline[] => [...heap].sort((a, b) => (before(a, b) ? -1 : 1))
