import { z } from '@hono/zod-openapi'
import type { Certificate } from '@syntropism/contract'
import { BookError, type Mechanism, type PaymentRule, candidatesOf, capacityOf, clearBook, unsoundPairing } from '@syntropism/economy'
import { type App, Refused, type ServiceParts, addOperation } from './service.ts'

const WATCHERS = ['human', 'operator', 'observer'] as const
/** Rules that need no solver. */
const RULES = ['highest-bid', 'density', 'density-sqrt', 'shadow', 'drf'] as const
const PAYMENTS = ['bid', 'critical', 'uniform', 'shadow'] as const

type WhatIfBook = NonNullable<Awaited<ReturnType<NonNullable<ServiceParts['bookAt']>>>>

const bookNow = ({ host }: ServiceParts): WhatIfBook => {
  const { attention, cpu, llm, memory } = capacityOf(host.state)
  return { candidates: candidatesOf(host.state), supply: { attention, cpu, llm, memory } }
}

async function pastBook({ bookAt, queries }: ServiceParts, seq: number): Promise<WhatIfBook> {
  const row = await queries.selectFrom('clearings').selectAll().where('seq', '=', seq).executeTakeFirst()
  const book = row === undefined ? null : await bookAt?.(seq, JSON.parse(row.certificate) as Certificate)
  if (book === null || book === undefined)
    throw new Refused('command_invalid', { expected: 'the sequence number of a clearing in this journal', field: 'clearing_seq', got: seq })
  return book
}

/** What another mechanism would do. */
export function addWhatIfRoutes(app: App, parts: ServiceParts): void {
  addOperation(app, parts, {
    handle: async ({ query }) => {
      const mechanism = query.mechanism as Mechanism
      const payments = query.payments as PaymentRule
      const unsound = unsoundPairing(mechanism, payments)
      if (unsound !== null) throw new Refused('command_invalid', { expected: unsound, field: 'payments' })
      const { candidates, supply } = query.clearing_seq === undefined ? bookNow(parts) : await pastBook(parts, Number(query.clearing_seq))
      const resources = ['attention', 'cpu', 'llm', 'memory'] as const
      // What is larger than all that was for sale cannot win under any rule.
      const bids = candidates
        .filter((one) => resources.every((resource) => one.quantities[resource] <= supply[resource]))
        .map((one) => ({ bundle: { ...one.quantities }, id: one.bid_id, price: one.offered_micro }))
      try {
        return { ...clearBook({ bids, supply }, mechanism, payments), bids: candidates.length, supply }
      } catch (error) {
        if (error instanceof BookError) throw new Refused('command_invalid', { expected: error.message, field: error.path })
        throw error
      }
    },
    method: 'get',
    path: '/market/what-if',
    query: z.object({
      clearing_seq: z.coerce.number().int().positive().optional(),
      mechanism: z.enum(RULES).default('highest-bid'),
      payments: z.enum(PAYMENTS).default('bid'),
    }),
    roles: WATCHERS,
    summary:
      'Who would win under another mechanism: of the bids eligible now on the whole capacity, or in the past clearing of that sequence number on what was for sale then, executors taken together. Changes nothing.',
    tag: 'watch',
  })
}
