import type { Queries } from './queries.ts'

/** A movement of credits as the read models tell it: what one `credits_transferred` said. */
export interface Movement {
  readonly number: number
  readonly transfer_id: string
  readonly seq: number
  readonly at_ms: number
  readonly from_agent: string
  readonly from_account: string
  readonly to_agent: string
  readonly to_account: string
  readonly amount_micro: number
  readonly purpose: string
  readonly entry_id: number
  readonly hold_id: string | null
}

/**
 * A movement as it stands in a page, whose first number and its place give its own. The last two lead to the movement before it of the one who
 * gave and of the one who got: so the past of a party is followed without an index that every movement would have to be entered in.
 */
export type PageLine = readonly [
  seq: number,
  at_ms: number,
  from_agent: string,
  from_account: string,
  to_agent: string,
  to_account: string,
  amount_micro: number,
  purpose: string,
  entry_id: number,
  hold_id: string | null,
  from_before: number,
  to_before: number,
]

/** Most movements of one page. */
export const PAGE_MOVEMENTS = 64
/** A party's past is marked at every so-manieth of its movements, so that any moment of it is near a mark. */
export const MARK_EVERY = 64
/** Pages that are read at once. */
const READ_PAGES = 16

interface Page {
  readonly first: number
  readonly text: string
  lines: readonly PageLine[] | null
}

const linesOf = (page: Page): readonly PageLine[] => (page.lines ??= JSON.parse(page.text) as PageLine[])

function movementAt(page: Page, index: number): Movement {
  const line = linesOf(page)[index] as PageLine
  const [seq, at_ms, from_agent, from_account, to_agent, to_account, amount_micro, purpose, entry_id, hold_id] = line
  const number = page.first + index
  return { amount_micro, at_ms, entry_id, from_account, from_agent, hold_id, number, purpose, seq, to_account, to_agent, transfer_id: `transfer-${number}` }
}

/** Pages from the one that holds a number backwards, newest first. */
async function pagesBefore(queries: Queries, number: number): Promise<Page[]> {
  const rows = await queries
    .selectFrom('movement_pages')
    .select(['first_number', 'movements'])
    .where('first_number', '<=', number)
    .orderBy('first_number', 'desc')
    .limit(READ_PAGES)
    .execute()
  return rows.map(({ first_number: first, movements: text }) => ({ first, lines: null, text }))
}

/** Every movement, newest first. */
export async function* movementsBackwards(queries: Queries): AsyncGenerator<Movement> {
  for (let number = Number.MAX_SAFE_INTEGER; number > 0; ) {
    const pages = await pagesBefore(queries, number)
    for (const page of pages) for (let index = linesOf(page).length - 1; index >= 0; index--) yield movementAt(page, index)
    number = (pages.at(-1)?.first ?? 1) - 1
  }
}

/** The newest movements, newest first. */
export async function lastMovements(queries: Queries, limit: number): Promise<Movement[]> {
  const found: Movement[] = []
  if (limit > 0)
    for await (const movement of movementsBackwards(queries)) {
      found.push(movement)
      if (found.length === limit) break
    }
  return found
}

/** The movement with a number, or null. */
export async function movementNumbered(queries: Queries, number: number): Promise<Movement | null> {
  if (!Number.isSafeInteger(number)) return null
  const [page] = await pagesBefore(queries, number)
  return page === undefined || number - page.first >= linesOf(page).length ? null : movementAt(page, number - page.first)
}

/** A party's movements from the one with a number backwards. */
async function* follow(queries: Queries, party: string, last: number): AsyncGenerator<Movement> {
  let pages: readonly Page[] = []
  for (let number = last; number > 0; ) {
    let page = pages.find(({ first }) => first <= number)
    if (page === undefined) {
      pages = await pagesBefore(queries, number)
      page = pages[0]
    }
    if (page === undefined) return
    const movement = movementAt(page, number - page.first)
    yield movement
    const line = linesOf(page)[number - page.first] as PageLine
    number = movement.from_agent === party ? line[10] : line[11]
  }
}

interface Standing {
  readonly number: number
  readonly balance_micro: number
  readonly held_micro: number
}

/** The nearest known standing of a party from which everything up to a sequence number lies backwards. */
async function standingAfter(queries: Queries, party: string, seq: number): Promise<Standing | null> {
  const mark = await queries
    .selectFrom('movement_marks')
    .select(['number', 'balance_micro', 'held_micro'])
    .where('party', '=', party)
    .where('seq', '>=', seq)
    .orderBy('number')
    .limit(1)
    .executeTakeFirst()
  if (mark !== undefined) return mark
  const now = await queries
    .selectFrom('holdings')
    .select(['last_number as number', 'balance_micro', 'held_micro'])
    .where('party', '=', party)
    .executeTakeFirst()
  return now ?? null
}

/** Movements of a party (an agent, `mint` or `burn`) before the event with a sequence number, newest first. */
export async function movementsOf(queries: Queries, party: string, page: { readonly before_seq?: number; readonly limit: number }): Promise<Movement[]> {
  const before = page.before_seq ?? Number.MAX_SAFE_INTEGER
  const found: Movement[] = []
  const start = page.limit > 0 ? await standingAfter(queries, party, before) : null
  if (start === null) return found
  for await (const movement of follow(queries, party, start.number)) {
    if (movement.seq < before) found.push(movement)
    if (found.length === page.limit) break
  }
  return found
}

/** What a party had free and in holds after the event with a sequence number: a known standing, less what came after it. */
export async function balanceAt(queries: Queries, party: string, seq: number): Promise<{ readonly balance_micro: number; readonly held_micro: number }> {
  // A batch moves a party several times in one event: a mark may stand in the midst of these.
  const start = await standingAfter(queries, party, seq + 1)
  if (start === null) return { balance_micro: 0, held_micro: 0 }
  let { balance_micro, held_micro } = start
  for await (const { amount_micro, from_account, from_agent, seq: at, to_account, to_agent } of follow(queries, party, start.number)) {
    if (at <= seq) break
    if (from_agent === party && from_account === 'holds') held_micro += amount_micro
    else if (from_agent === party) balance_micro += amount_micro
    if (to_agent === party && to_account === 'holds') held_micro -= amount_micro
    else if (to_agent === party) balance_micro -= amount_micro
  }
  return { balance_micro, held_micro }
}
