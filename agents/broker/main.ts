import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from '@syntropism/sdk/node'
import { keepBooks, pays } from './judge.ts'

const PARTNER = 'thinker'
const WINDOW = { bundle: { cpu_millicores: 500, memory_mb: 160 }, duration_ms: 3000 }
const LEDGER = 'ledger.json'

function readBought(): string[] {
  try {
    return (JSON.parse(readFileSync(LEDGER, 'utf8')) as { bids: string[] }).bids
  } catch {
    return []
  }
}

const client = connect()
const self = await client.self()
const bids = readBought()
const books = keepBooks(await client.history(self.agent_id, 500), self.agent_id, PARTNER, bids)
const market = await client.market()
const costOf = (resource: string, amount: number): number => {
  const found = market.find((one) => one.resource === resource)
  return ((found?.price_micro_per_s ?? 0) * amount) / Math.max(1, found?.capacity ?? 1)
}
const reserve = ((costOf('cpu', WINDOW.bundle.cpu_millicores) + costOf('memory', WINDOW.bundle.memory_mb)) * WINDOW.duration_ms) / 1000
const price = Math.ceil(reserve * 1.25)
const partner = (await client.directory()).find((one) => one.agent_id === PARTNER)
const enough = (await client.prices({ limit: 8, resource: 'cpu' })).length >= 8
if (partner?.status === 'dormant' && enough && pays(books, price) && self.balance_micro > price * 4) {
  const { bid_id } = await client.bid({ ...WINDOW, agent_id: PARTNER, amount_micro: price, expires_at_ms: self.now_ms + 60_000 })
  bids.push(bid_id)
}
writeFileSync(LEDGER, JSON.stringify({ bids, books }, null, 2))
