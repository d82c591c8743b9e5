// One run of the Boltzmann model at a million agents; prints the peak of resident memory in MiB and the balances' hash. A process of its own, so that nothing else is counted.
import { MODELS, type Model, Run } from '@syntropism/simulation'
import { hashOf } from './measure.ts'

const agents = Number(process.argv[2])
const run = new Run({ agents, model: MODELS.boltzmann as Model, observe_every: 10, seed: 1, steps: 10 })
while (run.step());
const hash = hashOf(run.world.populations[0]?.balances() ?? new Float64Array())
console.log(JSON.stringify({ hash, peak_mib: process.resourceUsage().maxRSS / 1024 }))
