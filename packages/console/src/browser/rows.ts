import { type TemplateResult, html } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import { styled } from './styled.ts'
import { changed } from './store.ts'

/** Rows drawn beyond those in sight, so that a turn of the wheel shows no gap. */
const MARGIN = 8
/** The rows that exist change by so many at once: most turns of the wheel move what is there. */
const STEP = 8

export interface Column {
  readonly name: string
  readonly is_number?: boolean
}

/** A table of any length of which only the rows in sight exist, each in its place for as long as it is there: what stays is not painted again. All rows are of one height. */
export class Rows {
  readonly #rowPx: number
  readonly #label: string
  #topPx = 0
  #seenPx = 1080

  constructor(label: string, rowPx: number) {
    this.#label = label
    this.#rowPx = rowPx
  }

  /** First row in sight and how many there are room for. */
  get range(): { readonly first: number; readonly count: number } {
    const top = Math.floor(this.#topPx / this.#rowPx / STEP) * STEP
    return { count: Math.ceil(this.#seenPx / this.#rowPx) + STEP + 2 * MARGIN, first: Math.max(0, top - MARGIN) }
  }

  readonly #onScroll = (event: Event): void => {
    const { clientHeight, scrollTop } = event.currentTarget as HTMLElement
    const before = this.range
    this.#topPx = scrollTop
    this.#seenPx = clientHeight
    const { count, first } = this.range
    if (count !== before.count || first !== before.first) changed()
  }

  /** `row` draws the cells of one row; `total` is how many there are in all. */
  draw(columns: readonly Column[], total: number, row: (index: number) => { readonly cells: TemplateResult; readonly is_chosen?: boolean }): TemplateResult {
    const { count, first } = this.range
    const from = Math.min(first, Math.max(0, total - count))
    const to = Math.min(total, from + count)
    const space = (rows: number): TemplateResult => html`<tr class="space" aria-hidden="true" ${styled({ height: `${rows * this.#rowPx}px` })}></tr>`
    return html`
      <div class="scroll rows" tabindex="0" role="region" aria-label=${this.#label} @scroll=${this.#onScroll}>
        <table aria-rowcount=${total + 1}>
          <thead><tr aria-rowindex="1">${columns.map(({ is_number, name }) => html`<th class=${is_number === true ? 'number' : ''}>${name}</th>`)}</tr></thead>
          <tbody>
            ${space(from)}
            ${repeat(
              Array.from({ length: to - from }, (_none, at) => from + at),
              (index) => index,
              (index) => {
                const { cells, is_chosen } = row(index)
                return html`<tr aria-rowindex=${index + 2} class=${is_chosen === true ? 'chosen' : ''}>${cells}</tr>`
              },
            )}
            ${space(total - to)}
          </tbody>
        </table>
      </div>
    `
  }
}

const PAGE = 100
/** Pages kept while one scrolls about. */
const PAGES_MAX = 20

type ReadPage<T> = (offset: number, limit: number) => Promise<{ readonly rows: readonly T[]; readonly total: number }>

/** A list that lies with the service and is read page by page, as far as it is looked at. */
export class Pages<T> {
  readonly #readPage: ReadPage<T>
  #kept = new Map<number, readonly T[]>()
  /** Pages that are being read, and those that could not be: they are tried again when everything is read anew. */
  #open = new Map<number, 'failed' | 'reading'>()
  /** Answers to questions of before the last `forget` are dropped. */
  #turn = 0
  total = 0

  constructor(readPage: ReadPage<T>) {
    this.#readPage = readPage
  }

  at(index: number): T | undefined {
    return this.#kept.get(Math.floor(index / PAGE))?.[index % PAGE]
  }

  /** Drops what was read: the question is another one now. */
  forget(): void {
    this.#turn += 1
    this.#kept = new Map()
    this.#open = new Map()
  }

  async #read(page: number): Promise<void> {
    const turn = this.#turn
    const open = this.#open
    open.set(page, 'reading')
    try {
      const { rows, total } = await this.#readPage(page * PAGE, PAGE)
      open.delete(page)
      if (turn !== this.#turn) return
      this.total = total
      this.#kept.delete(page)
      this.#kept.set(page, rows)
      const oldest = this.#kept.keys().next().value
      if (this.#kept.size > PAGES_MAX && oldest !== undefined) this.#kept.delete(oldest)
    } catch (error) {
      open.set(page, 'failed')
      throw error
    }
  }

  #pagesOf({ count, first }: Rows['range']): number[] {
    const from = Math.floor(first / PAGE)
    return Array.from({ length: Math.floor((first + count) / PAGE) - from + 1 }, (_none, index) => from + index).filter(
      (page) => page === 0 || page * PAGE < this.total,
    )
  }

  /** A range and a page on each side of it: what comes into sight next is there already. */
  #around({ count, first }: Rows['range']): number[] {
    const from = Math.max(0, first - PAGE)
    return this.#pagesOf({ count: first - from + count + PAGE, first: from })
  }

  /** Whether a range, or what lies next to it, has pages that nobody has asked for. */
  misses(range: Rows['range']): boolean {
    return this.#around(range).some((page) => !this.#kept.has(page) && !this.#open.has(page))
  }

  /** Reads the pages of a range, and of what lies next to it, that are missing. */
  async complete(range: Rows['range']): Promise<void> {
    await Promise.all(this.#around(range).flatMap((page) => (this.#kept.has(page) || this.#open.has(page) ? [] : [this.#read(page)])))
  }

  /** Reads all pages of a range anew. */
  async refresh(range: Rows['range']): Promise<void> {
    await Promise.all(this.#pagesOf(range).flatMap((page) => (this.#open.get(page) === 'reading' ? [] : [this.#read(page)])))
  }
}
