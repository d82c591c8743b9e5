import type { BatchObservableResult, Meter } from '@opentelemetry/api'

/** One upstream of models as the meters read it; counts start with the process. */
export interface MeteredUpstream {
  readonly upstream_id: string
  /** Answers by their HTTP status. */
  readonly answers: Readonly<Record<string, number>>
  readonly failures: number
  readonly retries: number
  readonly circuit: 'open' | 'closed'
  /** Call that took it out of rotation, or null. */
  readonly tripped_by: string | null
}

/** Meters what became of the attempts at each upstream, and whether it is asked now. */
export function meterUpstreams(meter: Meter, read: () => readonly MeteredUpstream[]): void {
  const counter = (name: string, description: string) => meter.createObservableCounter(`syntropism_llm_upstream_${name}`, { description })
  const gauge = (name: string, description: string) => meter.createObservableGauge(`syntropism_llm_upstream_${name}`, { description })
  const answers = counter('answers', 'Answers of an upstream by HTTP status')
  const failures = counter('failures', 'Attempts at an upstream without answer')
  const retries = counter('retries', 'Attempts at an upstream after a first that failed without cost')
  const open = gauge('circuit_open', 'Whether the circuit of an upstream is open: it is not asked for a while')
  const tripped = gauge('tripped', 'Whether an upstream passed a bound and waits for the operator')
  const observe = (result: BatchObservableResult): void => {
    for (const one of read()) {
      const upstream = one.upstream_id
      for (const [status, count] of Object.entries(one.answers)) result.observe(answers, count, { status, upstream })
      result.observe(failures, one.failures, { upstream })
      result.observe(retries, one.retries, { upstream })
      result.observe(open, one.circuit === 'open' ? 1 : 0, { upstream })
      result.observe(tripped, one.tripped_by === null ? 0 : 1, { upstream })
    }
  }
  meter.addBatchObservableCallback(observe, [answers, failures, retries, open, tripped])
}
