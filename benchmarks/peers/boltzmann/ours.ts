// Boltzmann wealth exchange through the ledger, or the plain loop. Arguments: ledger or loop, agents, steps a round. A line on standard input starts a round; its rate is printed.
import { createInterface } from 'node:readline'
import { MODELS, type Model, Run } from '@syntropism/simulation'
import { cpuMs } from '../../measure.ts'
import { PlainLoop } from '../../plain-loop.ts'

const [which, agents, steps] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]

function stepper(): { readonly name: string; step(): unknown } {
  if (which === 'loop') {
    const loop = new PlainLoop(agents, 1)
    return { name: 'Node loop', step: () => loop.step() }
  }
  const params = { start_units: 10, unit_micro: 1 }
  const run = new Run({ agents, model: MODELS.boltzmann as Model, observe_every: 1_000_000_000, params, seed: 1, steps: 1_000_000_000 })
  return { name: 'Syntropism', step: () => run.step() }
}

const subject = stepper()
for (let step = 0; step < steps; step++) subject.step()
console.log(`ready ${subject.name}`)
for await (const _ of createInterface({ input: process.stdin })) {
  const used = cpuMs(() => {
    for (let step = 0; step < steps; step++) subject.step()
  })
  console.log((agents * steps * 1000) / used)
}
