import type { Tables } from './schema.ts'

/** Columns of the read models in the order of their tables, each with its kind. */
const COLUMNS = {
  agents: {
    agent_id: 'text',
    created_at_ms: 'integer',
    earned_micro: 'integer',
    lineage: 'text',
    name: 'text',
    parent_id: 'text',
    status: 'text',
    status_reason: 'text',
    windows: 'integer',
  },
  clearings: { at_ms: 'integer', certificate: 'text', clearing_id: 'text', seq: 'integer' },
  holdings: { balance_micro: 'integer', held_micro: 'integer', last_number: 'integer', movements: 'integer', party: 'text' },
  invocations: { body: 'text', invocation_id: 'text', result: 'text', seq: 'integer' },
  llm_calls: {
    agent_id: 'text',
    at_ms: 'integer',
    bound_micro_usd: 'integer',
    cost_micro_usd: 'integer',
    estimated: 'integer',
    finish: 'text',
    input_tokens: 'integer',
    key_id: 'text',
    lease_id: 'text',
    minute: 'integer',
    model: 'text',
    number: 'integer',
    output_tokens: 'integer',
    overrun_micro_usd: 'integer',
    price: 'text',
    seq: 'integer',
    upstream_id: 'text',
  },
  messages: { at_ms: 'integer', body: 'text', from_agent: 'text', kind: 'text', message_id: 'text', seq: 'integer', to_agent: 'text' },
  movement_marks: { balance_micro: 'integer', held_micro: 'integer', number: 'integer', party: 'text', seq: 'integer' },
  movement_pages: { first_number: 'integer', movements: 'text' },
  orders: { action: 'text', agent_id: 'text', at_ms: 'integer', details: 'text', ordered_by: 'text', reason: 'text', seq: 'integer' },
  postings: {
    amount: 'integer',
    asset: 'text',
    at_ms: 'integer',
    cause_id: 'text',
    credit: 'text',
    debit: 'text',
    entry_id: 'integer',
    purpose: 'text',
    seq: 'integer',
    traceparent: 'text',
    transfer_id: 'text',
  },
  prices: {
    at_ms: 'integer',
    new_price_micro_per_s: 'integer',
    old_price_micro_per_s: 'integer',
    reason: 'text',
    resource: 'text',
    seq: 'integer',
    utilisation_ppm: 'integer',
  },
  prompts: {
    agent_id: 'text',
    bid_micro: 'integer',
    content: 'text',
    credits_awarded_micro: 'integer',
    deadline_at_ms: 'integer',
    ended_at_ms: 'integer',
    filed_at_ms: 'integer',
    human_id: 'text',
    prompt_id: 'text',
    reason: 'text',
    scores: 'text',
    seq: 'integer',
    status: 'text',
  },
  receipts: { agent_id: 'text', at_ms: 'integer', lease_id: 'text', receipt: 'text', seq: 'integer' },
  services: { agent_id: 'text', cost_micro: 'integer', payment: 'text', service_name: 'text', specification: 'text' },
  tool_calls: {
    agent_id: 'text',
    arguments: 'text',
    at_ms: 'integer',
    call_id: 'text',
    charged_micro: 'integer',
    elapsed_ms: 'integer',
    outcome: 'text',
    price_micro: 'integer',
    reason: 'text',
    result: 'text',
    seq: 'integer',
    server_id: 'text',
    tool_name: 'text',
  },
  turns: { agent_id: 'text', at_ms: 'integer', data: 'text', seq: 'integer', type: 'text' },
} as const satisfies { [T in ReadModel]: { [C in keyof Tables[T]]: 'integer' | 'text' } }

/** Tables that are made from the journal and never a source. */
export type ReadModel = Exclude<keyof Tables, 'batches' | 'command_ids' | 'snapshots'>
export const READ_MODELS = Object.keys(COLUMNS) as readonly ReadModel[]
export const columnsOf = (table: ReadModel): readonly (readonly [string, 'integer' | 'text'])[] => Object.entries(COLUMNS[table])

export type Value = number | string | null
export type Row = Readonly<Record<string, Value>>

/** Read models whose rows change after they were made, by the columns that name a row. */
const KEYS = {
  agents: ['agent_id'],
  invocations: ['invocation_id'],
  llm_calls: ['number'],
  prompts: ['prompt_id'],
  services: ['agent_id', 'service_name'],
  tool_calls: ['call_id'],
} as const
type Kept = keyof typeof KEYS
/** Read models whose rows are always written whole, by the column that names a row. */
const WHOLE = { holdings: 'party' } as const
type Whole = keyof typeof WHOLE
type KeyOf<T extends Kept> = Pick<Tables[T], (typeof KEYS)[T][number] & keyof Tables[T]>

/** What of one row is to be written: the whole row when this batch made it, else the columns set and the amounts added. */
interface Pending {
  readonly key: Row
  row: Record<string, Value> | null
  readonly set: Record<string, Value>
  readonly added: Record<string, number>
}

/** Rows to be changed together: the same columns set, the same columns added to. */
export interface Update {
  readonly table: ReadModel
  readonly key: readonly string[]
  readonly set: readonly string[]
  readonly added: readonly string[]
  readonly rows: readonly Row[]
}

/** What a batch changes in the read models, gathered so that each row is written once. */
export class Changes {
  readonly #inserts = new Map<ReadModel, Row[]>()
  readonly #whole = new Map<Whole, Row[]>()
  readonly #pending = new Map<Kept, Map<string, Pending>>()
  readonly #removed: { readonly table: ReadModel; readonly key: readonly string[]; readonly row: Row }[] = []

  insert<T extends Exclude<ReadModel, Kept | Whole>>(table: T, row: Tables[T]): void {
    let rows = this.#inserts.get(table)
    if (rows === undefined) this.#inserts.set(table, (rows = []))
    rows.push(row as unknown as Row)
  }

  /** Writes a row that may be there already; at most once a batch. */
  put<T extends Whole>(table: T, row: Tables[T]): void {
    let rows = this.#whole.get(table)
    if (rows === undefined) this.#whole.set(table, (rows = []))
    rows.push(row as unknown as Row)
  }

  #pendingOf(table: Kept, key: Row): Pending {
    let rows = this.#pending.get(table)
    if (rows === undefined) this.#pending.set(table, (rows = new Map()))
    const name = Object.values(key).join('\n')
    let pending = rows.get(name)
    if (pending === undefined) rows.set(name, (pending = { added: {}, key, row: null, set: {} }))
    return pending
  }

  create<T extends Kept>(table: T, key: KeyOf<T>, row: Omit<Tables[T], keyof KeyOf<T>>): void {
    this.#pendingOf(table, key as Row).row = { ...(key as Row), ...(row as unknown as Row) }
  }

  update<T extends Kept>(table: T, key: KeyOf<T>, set: Partial<Tables[T]>): void {
    const pending = this.#pendingOf(table, key as Row)
    Object.assign(pending.row ?? pending.set, set)
  }

  add<T extends Kept>(table: T, key: KeyOf<T>, amounts: Partial<Tables[T]>): void {
    const { added, row } = this.#pendingOf(table, key as Row)
    for (const [column, amount] of Object.entries(amounts as Record<string, number>))
      if (row === null) added[column] = (added[column] ?? 0) + amount
      else row[column] = Number(row[column]) + amount
  }

  /** Takes a row away, also one of this batch; one made afterwards stays. */
  remove<T extends Kept>(table: T, key: KeyOf<T>): void {
    this.#removed.push({ key: KEYS[table], row: key as Row, table })
    this.#pending.get(table)?.delete(Object.values(key).join('\n'))
  }

  /** Rows to take away, before any other change. */
  get removed(): readonly { readonly table: ReadModel; readonly key: readonly string[]; readonly row: Row }[] {
    return this.#removed
  }

  /** Rows that take the place of those that are there, by table, with the column that names a row. */
  *puts(): Iterable<readonly [ReadModel, string, readonly Row[]]> {
    for (const [table, rows] of this.#whole) yield [table, WHOLE[table], rows]
  }

  /** New rows, by table. */
  *inserts(): Iterable<readonly [ReadModel, readonly Row[]]> {
    yield* this.#inserts
    for (const [table, pending] of this.#pending) {
      const rows = [...pending.values()].flatMap(({ row }) => (row === null ? [] : [row]))
      if (rows.length > 0) yield [table, rows]
    }
  }

  /** Changes to rows that were there, those alike together. */
  *updates(): Iterable<Update> {
    for (const [table, pending] of this.#pending) {
      const alike = new Map<string, { set: string[]; added: string[]; rows: Row[] }>()
      for (const { added, key, row, set } of pending.values()) {
        if (row !== null) continue
        const columns = { added: Object.keys(added), set: Object.keys(set) }
        const name = `${columns.set.join()}|${columns.added.join()}`
        const group = alike.get(name) ?? { ...columns, rows: [] }
        alike.set(name, group)
        group.rows.push({ ...key, ...set, ...added })
      }
      for (const group of alike.values()) yield { ...group, key: KEYS[table], table }
    }
  }
}
