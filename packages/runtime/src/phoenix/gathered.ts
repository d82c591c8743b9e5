import { type EconomyEvent, type EventData, traceIdsOf } from '@syntropism/contract'

/** A judgement of a span, in the words of Phoenix. */
export interface SpanAnnotation {
  readonly spanId: string
  readonly name: string
  readonly annotatorKind: 'HUMAN' | 'CODE'
  readonly score: number
  readonly explanation?: string
  /** Makes pushing again change nothing. */
  readonly identifier: string
  readonly metadata: Record<string, unknown>
}

/** One example of a dataset. Its id is the economy's own, so that pushing again makes no second one. */
export interface Example {
  readonly id: string
  readonly input: Record<string, unknown>
  readonly output: Record<string, unknown>
  readonly metadata: Record<string, unknown>
  readonly splits: string
  readonly spanId: string | null
}

/** What a run has to tell a dataset: prompts with the human's scores, windows with their receipts. */
export interface Gathered {
  readonly annotations: readonly SpanAnnotation[]
  readonly prompts: readonly Example[]
  readonly windows: readonly Example[]
}

const spanIdOf = (traceparent: string): string | null => traceIdsOf(traceparent)?.span_id ?? null

/** Four of five examples train, the fifth tests: by the last digit of what numbers them, so that an example never changes its split. */
const splitOf = (seq: number): string => (seq % 5 === 4 ? 'test' : 'train')

/** Reads a run's events in their order and keeps what can be judged. */
class Gatherer implements Gathered {
  readonly annotations: SpanAnnotation[] = []
  readonly prompts: Example[] = []
  readonly windows: Example[] = []
  /** Window in which an agent's event happened: its span id. */
  readonly #windowOf = new Map<string, string>()
  readonly #bought = new Map<string, EconomyEvent<'resources_allocated'>>()
  readonly #reasons = new Map<string, string>()
  readonly #filed = new Map<string, { readonly content: unknown; readonly window: string | null }>()
  readonly #spanOfEvent = new Map<string, string>()

  take(event: EconomyEvent): void {
    const window = this.#windowOf.get(event.agent_id) ?? null
    switch (event.type) {
      case 'resources_allocated':
        if (event.data.quantities.cpu > 0) this.#open(event)
        break
      case 'reasoning_trace':
        this.#reasons.set(event.agent_id, event.data.decision)
        if (window !== null) this.#spanOfEvent.set(event.event_id, window)
        break
      case 'prompt_filed':
        this.#filed.set(event.data.prompt_id, { content: event.data.content, window })
        break
      case 'human_reward_issued':
        this.#judge(event, event.data)
        break
      case 'judge_evaluation':
        this.#evaluate(event.data)
        break
      case 'execution_terminated':
        this.#close(event, event.data)
        break
      default:
        break
    }
  }

  #open(event: EconomyEvent<'resources_allocated'>): void {
    this.#bought.set(event.data.lease_id, event)
    this.#reasons.delete(event.agent_id)
    const spanId = spanIdOf(event.traceparent)
    if (spanId === null) this.#windowOf.delete(event.agent_id)
    else this.#windowOf.set(event.agent_id, spanId)
  }

  #judge(event: EconomyEvent, data: EventData<'human_reward_issued'>): void {
    const filed = this.#filed.get(data.prompt_id)
    const metadata = { agent_id: data.agent_id, human_id: data.human_id, prompt_id: data.prompt_id, seq: event.seq }
    this.prompts.push({
      id: data.prompt_id,
      input: { content: filed?.content ?? null },
      metadata,
      output: { ...data.scores, credits_awarded_micro: data.credits_awarded_micro, reason: data.reason },
      spanId: filed?.window ?? null,
      splits: splitOf(event.seq),
    })
    if (filed?.window === undefined || filed.window === null) return
    for (const [name, score] of Object.entries(data.scores))
      this.annotations.push({
        annotatorKind: 'HUMAN',
        identifier: data.prompt_id,
        metadata,
        name,
        score,
        spanId: filed.window,
        ...(data.reason === null ? {} : { explanation: data.reason }),
      })
  }

  #evaluate(data: EventData<'judge_evaluation'>): void {
    const spanId = this.#spanOfEvent.get(data.agent_reasoning.event_id)
    if (spanId === undefined) return
    for (const { criterion, justification, score } of data.criteria)
      this.annotations.push({
        annotatorKind: 'CODE',
        explanation: justification,
        identifier: data.evaluation_id,
        metadata: { scenario_id: data.scenario_id },
        name: criterion,
        score,
        spanId,
      })
  }

  #close(event: EconomyEvent, data: EventData<'execution_terminated'>): void {
    const bought = this.#bought.get(data.execution_id)
    if (bought === undefined) return
    this.#bought.delete(data.execution_id)
    const { agent_id, cause, cpu_ms_used, elapsed_ms, exit_code, memory_peak_mb, paid_micro, refunded_micro } = data
    this.windows.push({
      id: data.execution_id,
      input: { agent_id, bundle: bought.data.bundle, offered_micro: data.offered_micro, payload: bought.data.payload ?? null },
      metadata: { bid_id: data.bid_id, seq: event.seq },
      output: { cause, cpu_ms_used, decision: this.#reasons.get(agent_id) ?? null, elapsed_ms, exit_code, memory_peak_mb, paid_micro, refunded_micro },
      spanId: spanIdOf(bought.traceparent),
      splits: splitOf(event.seq),
    })
  }
}

/** What of a run can be looked at as datasets and annotations. */
export async function gather(events: AsyncIterable<EconomyEvent> | Iterable<EconomyEvent>): Promise<Gathered> {
  const gatherer = new Gatherer()
  for await (const event of events) gatherer.take(event)
  return gatherer
}
