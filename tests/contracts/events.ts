import type { EconomyEvent } from '@syntropism/contract'

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0')

/** Events as a journal holds them: contiguous sequence numbers, two types in turn, some with a trace. */
export const makeEvents = (firstSeq: number, count: number): EconomyEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const seq = firstSeq + index
    const envelope = {
      agent_id: 'a',
      at_ms: 1_700_000_000_000 + seq,
      cause_id: `command-${seq}`,
      correlation_id: seq % 3 === 0 ? 'story' : '',
      event_id: `00000000-0000-4000-8000-${hex(seq, 12)}`,
      scenario_id: '',
      seq,
      source: 'system' as const,
      timestamp: new Date(1_700_000_000_000 + seq).toISOString(),
      traceparent: seq % 2 === 0 ? `00-${hex(seq, 32)}-${hex(seq, 16)}-01` : '',
    }
    return seq % 2 === 0
      ? { ...envelope, data: { agent_id: 'a', balance: seq, balance_micro: seq * 1_000_000 }, type: 'balance_queried' }
      : { ...envelope, data: { human_id: 'h', humans_on_duty: 1, on_duty: true }, type: 'duty_changed' }
  })

/** A journal in memory: what was committed, readable from any place. */
export class EventLog {
  readonly events: EconomyEvent[] = []
  reads = 0
  commit(count: number): EconomyEvent[] {
    const made = makeEvents(this.events.length + 1, count)
    this.events.push(...made)
    return made
  }
  read = (afterSeq: number, limit: number): readonly EconomyEvent[] => {
    this.reads += 1
    return this.events.slice(afterSeq, afterSeq + limit)
  }
}

/** Waits until something holds; the suite's time limit ends a wait in vain. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 10))
}
