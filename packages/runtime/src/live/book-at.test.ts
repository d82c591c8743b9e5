import { DEFAULT_PARAMS, clearBook } from '@syntropism/economy'
import type { Certificate } from '@syntropism/contract'
import { expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import { Host } from '../host/index.ts'
import { SqliteJournal, openDatabase } from '../store/index.ts'
import { bookAt } from './book-at.ts'

it('the book of every past clearing is derived again: same eligible bids, and the same rule finds the same winners and payments', async () => {
  const database = openDatabase(':memory:')
  let now = 1_700_000_000_000
  const certificates: { certificate: Certificate; seq: number }[] = []
  const bus = createMemoryBus((error) => {
    throw error
  })
  bus.subscribe((event) => {
    if (event.type === 'market_cleared') certificates.push({ certificate: event.data.certificate, seq: event.seq })
  })
  const journal = new SqliteJournal(database)
  const host = await Host.open({
    bus,
    createClock: () => ({ now: () => now }),
    journal,
    onFatal: (error) => {
      throw error
    },
    snapshot_every: 40,
  })
  const owner = 'host'
  await host.submit({ economy_id: 'past', owner, params: { ...DEFAULT_PARAMS, starvation_ms: 0 }, rules_version: 1, type: 'genesis' })
  await host.submit({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, owner, reports: false, type: 'register_executor' })
  await host.submit({ human_id: 'ada', on_duty: true, owner, type: 'set_duty' })
  for (let index = 0; index < 6; index++)
    await host.submit({
      agent_id: `a${index}`,
      grant_micro: 900_000_000,
      name: 'n',
      owner,
      standing_bid: {
        bundle: { cpu: 150_000 + index * 40_000, memory: 100_000 },
        duration_ms: 700 + index * 300,
        limit_micro: 20_000_000,
        margin_ppm: 100_000 + index * 50_000,
        pause_ms: 100 * index,
      },
      type: 'create_agent',
    })
  await host.submit({ agent_id: 'a0', amount_micro: 9_000_000, content: {}, owner, type: 'file_prompt' })
  for (let beat = 0; beat < 100; beat++) {
    now += 100
    await host.submit({ owner, type: 'tick' })
  }
  expect(certificates.length).toBeGreaterThan(10)
  for (const { certificate, seq } of certificates) {
    const book = await bookAt(journal, seq, certificate)
    expect(book?.candidates.length, certificate.clearing_id).toBe(certificate.eligible_count)
    const bids = book?.candidates.map((one) => ({ bundle: { ...one.quantities }, id: one.bid_id, price: one.offered_micro })) ?? []
    const { attention = 0, cpu = 0, llm = 0, memory = 0 } = book?.supply ?? {}
    const fitting = bids.filter(({ bundle }) => bundle.cpu <= cpu && bundle.memory <= memory && bundle.attention <= attention)
    const { payments } = clearBook({ bids: fitting, supply: { attention, cpu, llm, memory } }, 'highest-bid', 'bid')
    expect(payments).toEqual(Object.fromEntries(certificate.winners.map((winner) => [winner.bid_id, winner.payment_micro])))
  }
  const [first] = certificates
  if (first !== undefined) expect(await bookAt(journal, first.seq, { ...first.certificate, book_hash: '0'.repeat(64) })).toBeNull()
  await host.stop()
})
