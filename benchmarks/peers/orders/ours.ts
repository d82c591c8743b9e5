// Quotes of the zero-intelligence double auction, matched and paid through the ledger. Arguments: messages a round. A line on standard input starts a round; its rate is printed.
import { createInterface } from 'node:readline'
import { MODELS, type Model, Run } from '@syntropism/simulation'
import { cpuMs } from '../../measure.ts'

const messages = Number(process.argv[2])
const agents = 2000
const run = new Run({
  agents,
  model: MODELS['zero-intelligence'] as Model,
  observe_every: 1,
  params: { quotes_per_trader: messages / agents, units: 100 },
  seed: 1,
  steps: 1_000_000_000,
})

run.step()
console.log('ready Syntropism')
for await (const _ of createInterface({ input: process.stdin })) {
  const used = cpuMs(() => run.step())
  console.log(((run.result().figures.quotes ?? 0) * 1000) / used)
}
