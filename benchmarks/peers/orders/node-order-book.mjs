// Limit orders of one unit at random prices into nodejs-order-book. Arguments: its folder, messages a round. A line on standard input starts a round; its rate is printed.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const [folder, messages] = [process.argv[2], Number(process.argv[3])]
const { OrderBook } = createRequire(join(folder, 'package.json'))(folder)
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const book = new OrderBook()
let [made, word] = [0, 2_463_534_242]

/** Marsaglia's xorshift. */
function below(bound) {
  word ^= word << 13
  word ^= word >>> 17
  word ^= word << 5
  return (word >>> 0) % bound
}

function send(count) {
  for (let message = 0; message < count; message++) {
    const order = { id: `o${made++}`, price: 1 + below(200), side: below(2) === 0 ? 'buy' : 'sell', size: 1 }
    if (book.limit(order).err) throw new Error('an order was refused')
  }
}

send(10_000)
console.log(`ready nodejs-order-book ${version}`)
for await (const _ of createInterface({ input: process.stdin })) {
  const before = process.cpuUsage()
  send(messages)
  const used = process.cpuUsage(before)
  console.log((messages * 1_000_000) / (used.user + used.system))
}
