// npm run faults [-- --long] [--seed N] [--only part-of-a-name]: injects every fault and prints what was lost, applied twice or off.
import { parseArgs } from 'node:util'
import { FAULTS } from './all.ts'
import { type Row, tableOf } from './figures.ts'

const { values } = parseArgs({
  options: { long: { default: false, type: 'boolean' }, only: { default: '', type: 'string' }, seed: { default: '20261128', type: 'string' } },
})
const seed = Number(values.seed)
const begun = performance.now()
const rows: Row[] = []
const left: string[] = []
for (const fault of FAULTS.filter(({ name }) => name.includes(values.only))) {
  const why = fault.impossible?.() ?? null
  if (why !== null) {
    left.push(`${fault.name}: not injected, ${why}`)
    continue
  }
  process.stderr.write(`${fault.name} …\n`)
  rows.push(await fault.run({ long: values.long, seed }))
}
console.log(`seed ${seed}, ${values.long ? 'long' : 'short'} form, ${((performance.now() - begun) / 1000).toFixed(0)} s\n\n${tableOf(rows)}`)
for (const line of left) console.log(line)
process.exit(rows.some(({ lost, off_micro, twice }) => lost + twice + off_micro > 0) ? 1 : 0)
