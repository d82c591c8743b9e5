// The cap on spend under load: thousands of calls at once over sockets, against an upstream that slows, breaks off, dies, answers late and lies.
import { TRICKS } from '../tests/llm/adversary.ts'
import { type CapRun, runAgainstCap } from '../tests/llm/caps.ts'
import { machine } from './measure.ts'

const CAPS_USD = [0.01, 0.02, 0.05, 0.1, 0.5, 1, 10]
const calls = Number(process.env.CALLS ?? 3000)
const parallel = 500
const seed = Number(process.env.SEED ?? 1)
const within = TRICKS.filter((trick) => trick !== 'over-reports')
const usd = (micro: number): string => (micro / 1_000_000).toFixed(6)

const row = (run: CapRun): Record<string, string | number> => ({
  answered: run.answered,
  'cap ($/min)': usd(run.cap_micro_usd),
  calls: run.calls,
  'failed or hung up': run.failed + run.hung_up,
  'overrun ($)': usd(run.overrun_micro_usd),
  'overshoot ($)': usd(run.overshoot_micro_usd),
  refused: run.refused,
  'spend, worst minute ($)': usd(run.spend_micro_usd),
})
const COLUMNS = ['cap ($/min)', 'calls', 'answered', 'refused', 'failed or hung up', 'spend, worst minute ($)', 'overshoot ($)', 'overrun ($)']

console.log(`${machine()}; ${parallel} calls open at once, half of an agent, half of a key; seed ${seed}`)
const runs: CapRun[] = []
for (const usd_per_minute of CAPS_USD) runs.push(await runAgainstCap({ calls, parallel, seed, tricks: within, usd_per_minute }))
console.table(runs.map(row), COLUMNS)
console.log(`tricks: ${within.join(', ')}`)
const over = await runAgainstCap({ calls: 400, parallel: 50, seed, tricks: ['honest', 'honest', 'honest', 'over-reports'], usd_per_minute: 0.1 })
console.table([row(over)], COLUMNS)
console.log(`one in four over-reports: out of rotation ${over.tripped ? 'yes' : 'NO'}, ${over.alarms} alarms, ${over.sent} calls had gone out`)
if ([...runs, over].some((run) => run.overshoot_micro_usd > 0 || new Set(run.totals_micro_usd).size > 1)) {
  console.error('a cap was crossed, or the totals differ')
  process.exitCode = 1
}
