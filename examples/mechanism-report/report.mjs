// Writes report.md from what `compare` and `regret` said: every figure in it, and every sentence about one, comes from the data.
import { readFileSync, writeFileSync } from 'node:fs'

const rows = JSON.parse(readFileSync('compare.json', 'utf8'))
const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length
const percent = (share) => `${(100 * share).toFixed(2)} %`
const books = new Set(rows.map(({ book }) => book)).size
/** The best bound that any rule proved for a book is what all are measured by. */
const bestBound = Map.groupBy(rows, ({ book }) => book)
const boundOf = (book) => Math.min(...bestBound.get(book).map(({ bound }) => bound))

const pairs = [...Map.groupBy(rows, ({ mechanism, payment_rule }) => `${mechanism} / ${payment_rule}`)].map(([name, runs]) => ({
  jain: mean(runs.map(({ fairness }) => fairness.jain)),
  name,
  revenue: mean(runs.map(({ book, revenue }) => revenue / boundOf(book))),
  welfare: mean(runs.map(({ book, welfare }) => welfare / boundOf(book))),
}))
pairs.sort((one, other) => other.welfare - one.welfare || other.revenue - one.revenue)
const best = pairs[0]
const usual = pairs.find(({ name }) => name === 'highest-bid / bid')

const bar = (share) => '█'.repeat(Math.round(share * 30))
writeFileSync(
  'report.md',
  `# Which rule should sell our machines?

${books} books of agent jobs, supply for a quarter of the demand. Each figure is a mean over the books; welfare and revenue are parts of the best proven bound.

| mechanism / payments | welfare |  | revenue | fairness (Jain) |
| --- | --- | --- | --- | --- |
${pairs.map(({ jain, name, revenue, welfare }) => `| ${name} | ${percent(welfare)} | ${bar(welfare)} | ${percent(revenue)} | ${jain.toFixed(3)} |`).join('\n')}

**${best.name}** serves the most worth: ${percent(best.welfare)} of what could be proven possible, where the default rule (highest total bid first, pay as bid) reaches ${percent(usual.welfare)}. ${
    best.welfare - usual.welfare > 0.05 ? 'That difference is worth a change of the rule.' : 'The default is close enough to stay with.'
  }
`,
)
