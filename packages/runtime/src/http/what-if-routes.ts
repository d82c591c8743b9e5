import { z } from '@hono/zod-openapi'
import type { Certificate } from '@syntropism/contract'
import {
  BookError,
  type ExactAnswer,
  MECHANISMS,
  type MarketPaymentRule,
  type Mechanism,
  PAYMENT_RULES,
  RESOURCES,
  candidatesOf,
  capacityOf,
  clearBook,
  unsoundPairing,
} from '@syntropism/economy'
import { Inquiries } from '../inquiry/index.ts'
import { Refused } from '../refusal/index.ts'
import { WATCHERS } from './principal.ts'
import { type App, type ServiceParts, addOperation } from './service.ts'

type WhatIfBook = NonNullable<Awaited<ReturnType<NonNullable<ServiceParts['bookAt']>>>>

const bookNow = ({ host }: ServiceParts, rule: MarketPaymentRule): WhatIfBook => {
  const { attention, cpu, llm, memory } = capacityOf(host.state)
  return { candidates: candidatesOf(host.state, rule), supply: { attention, cpu, llm, memory } }
}

async function pastBook({ bookAt, queries }: ServiceParts, seq: number, rule: MarketPaymentRule): Promise<WhatIfBook> {
  const row = await queries.selectFrom('clearings').selectAll().where('seq', '=', seq).executeTakeFirst()
  const book = row === undefined ? null : await bookAt?.(seq, JSON.parse(row.certificate) as Certificate, rule)
  if (book === null || book === undefined)
    throw new Refused('command_invalid', { expected: 'the sequence number of a clearing in this journal', field: 'clearing_seq', got: seq })
  return book
}

/** What a solver says of a book, executors taken together; refused with the reason when it says nothing. */
async function solve(inquiries: Inquiries, { candidates, supply }: WhatIfBook, forVcg: boolean): Promise<ExactAnswer> {
  const { attention, cpu, llm, memory } = supply
  const problem = { at_ms: 0, candidates, problem_hash: '', reservation: null, supply: { attention, executors: [{ cpu, executor_id: 'all', memory }], llm } }
  const solution = await inquiries.solve(problem, forVcg)
  if (typeof solution === 'string') throw new Refused('command_invalid', { expected: `a mechanism that needs no solver: ${solution}`, field: 'mechanism' })
  const places = new Map(candidates.map(({ bid_id }, place) => [bid_id, place]))
  const without = solution.welfare_without_micro
  return {
    bound: solution.bound_micro ?? Infinity,
    welfare_without: without === null ? null : new Map(Object.entries(without).map(([bidId, welfare]) => [places.get(bidId) as number, welfare])),
    winners: solution.winners.map(({ bid_id }) => places.get(bid_id) as number),
  }
}

/** The book cleared by other rules. Under posted prices a bid offers what it would pay, and pays that. */
async function clearAnew(
  parts: ServiceParts,
  inquiries: Inquiries,
  mechanism: Mechanism,
  rule: MarketPaymentRule,
  clearingSeq: number | null,
): Promise<object> {
  const { candidates, supply } = clearingSeq === null ? bookNow(parts, rule) : await pastBook(parts, clearingSeq, rule)
  // What is larger than all that was for sale cannot win under any rule.
  const fitting = candidates.filter((one) => RESOURCES.every((resource) => one.quantities[resource] <= supply[resource]))
  const bids = fitting.map((one) => ({ bundle: { ...one.quantities }, id: one.bid_id, price: one.offered_micro }))
  const exact = mechanism === 'exact' ? await solve(inquiries, { candidates: fitting, supply }, rule === 'vcg') : null
  try {
    return { ...clearBook({ bids, supply }, mechanism, rule === 'posted' ? 'bid' : rule, exact), bids: candidates.length, payment_rule: rule, supply }
  } catch (error) {
    if (error instanceof BookError) throw new Refused('command_invalid', { expected: error.message, field: error.path })
    throw error
  }
}

/** What another mechanism would do. */
export function addWhatIfRoutes(app: App, parts: ServiceParts): void {
  const inquiries = parts.inquiries ?? new Inquiries(null, 0)
  addOperation(app, parts, {
    handle: ({ query }) => {
      const mechanism = query.mechanism as Mechanism
      const rule = query.payments as MarketPaymentRule
      const unsound = unsoundPairing(mechanism, rule)
      if (unsound !== null) throw new Refused('command_invalid', { expected: unsound, field: 'payments' })
      return clearAnew(parts, inquiries, mechanism, rule, query.clearing_seq === undefined ? null : Number(query.clearing_seq))
    },
    method: 'get',
    path: '/market/what-if',
    query: z.object({
      clearing_seq: z.coerce.number().int().positive().optional(),
      mechanism: z.enum(MECHANISMS).default('highest-bid'),
      payments: z.enum([...PAYMENT_RULES, 'posted']).default('bid'),
    }),
    roles: WATCHERS,
    summary:
      'Who would win under another mechanism: of the bids eligible now on the whole capacity, or in the past clearing of that sequence number on what was for sale then, executors taken together. The exact rule needs the solver. Changes nothing.',
    tag: 'watch',
  })
}
