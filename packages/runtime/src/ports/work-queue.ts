/** Work to be stored. The id makes adding it again without effect. */
export interface NewWork {
  readonly id: string
  readonly data: Uint8Array
  /** W3C trace context of who asked for it; it reaches whoever takes the work. */
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
}

/** A piece of work in hand. Delivered at least once: whoever takes it has its effect once by its id. */
export interface WorkItem extends NewWork {
  /** How often it has been handed out, 1 the first time. */
  readonly delivery: number
}

/** Work that was put aside after its last delivery. */
export interface DeadLetter extends NewWork {
  /** Name that `revive` takes. */
  readonly letter_id: string
  /** How often it was handed out. */
  readonly deliveries: number
  /** What went wrong the last time. */
  readonly reason: string
}

export interface WorkFigures {
  readonly waiting: number
  readonly in_hand: number
  readonly dead: number
}

export interface TakeOptions {
  /** Pieces in hand at the same time, at most. */
  readonly at_once_max: number
  /** Told of every failure of a piece, and of the way to the queue. */
  onError(error: unknown): void
  /** Told of a piece that was put aside, after it lies among the dead letters; at least once. When it throws, it is told again. */
  onDead?(letter: Omit<DeadLetter, 'letter_id'>): void | Promise<void>
}

/**
 * A durable queue. `add` resolves when the work is stored and rejects when it is not; what is stored is handed out until a handler has
 * resolved, or as often as it may be tried.
 */
export interface WorkQueue {
  /** Stores work once: the same id again, within the time that ids are remembered, changes nothing. Throws WorkQueueError. */
  add(work: NewWork): Promise<void>
  /**
   * Hands out work. A handler that resolves has settled its piece; one that throws gets it again after a pause. While a handler is at it
   * the piece belongs to it, however long that takes; when its process dies the piece is handed out again. Returns the end, which waits
   * for nothing in hand: that is handed out again elsewhere unless its handler still resolves.
   */
  take(handle: (item: WorkItem) => Promise<void>, options: TakeOptions): () => Promise<void>
  /** What was put aside, oldest first. */
  deadLetters(limit: number): Promise<DeadLetter[]>
  /** Puts a dead letter back into the queue, to be tried as often as new work; false when there is none of that id. */
  revive(letterId: string): Promise<boolean>
  figures(): Promise<WorkFigures>
}

/** Work that was not stored, and why. */
export class WorkQueueError extends Error {
  override readonly name = 'WorkQueueError'
  readonly code: 'full' | 'too_large' | 'unavailable'
  constructor(code: WorkQueueError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Limits of one queue. 0 is without limit. */
export interface WorkQueueSettings {
  /** How often a piece is handed out before it is put aside. */
  readonly deliveries_max: number
  /** Silence of a taker after which its piece counts as given back. */
  readonly silence_ms: number
  /** First pause before a piece that failed is handed out again; it doubles with every failure, up to ten seconds. */
  readonly pause_ms: number
}

/** Pause before a piece that failed is handed out again. */
export const pauseAfter = (delivery: number, { pause_ms }: WorkQueueSettings): number => Math.min(10_000, pause_ms * 2 ** (delivery - 1))
