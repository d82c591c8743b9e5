import type { Queries } from './queries.ts'

const AT_ONCE = 1000

interface ShownClearing {
  readonly certificate: string
  readonly seq: number
}

/** The certificates that readers are shown, in the order of the journal, a page of rows in memory at a time. */
export class ShownClearings {
  readonly #queries: Queries
  #last = 0
  #page: ShownClearing[] = []

  constructor(queries: Queries) {
    this.#queries = queries
  }

  /** The next one that there is by now, or null. */
  async next(): Promise<ShownClearing | null> {
    if (this.#page.length === 0) {
      const rows = await this.#queries
        .selectFrom('clearings')
        .select(['certificate', 'seq'])
        .where('seq', '>', this.#last)
        .orderBy('seq')
        .limit(AT_ONCE)
        .execute()
      this.#page = rows.map(({ certificate, seq }) => ({ certificate, seq: Number(seq) })).toReversed()
    }
    const next = this.#page.pop() ?? null
    if (next !== null) this.#last = next.seq
    return next
  }
}
