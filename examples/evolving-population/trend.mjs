// Reads the results of a sweep and says, for each number of bidders, where the inherited bid stands at the end beside what theory says.
import { readFileSync } from 'node:fs'

const [head, ...lines] = readFileSync('evolution/results.csv', 'utf8').trim().split('\n')
const names = head.split(',')
const runs = lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at], cell])))
const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length
for (const [bidders, members] of Map.groupBy(runs, (run) => run.bidders)) {
  const bid = mean(members.map((run) => Number(run.shading_mean)))
  console.log(`${bidders} bidders: ${bid.toFixed(2)} of the worth is bid (${members.length} runs); in equilibrium ${Number(members[0].equilibrium).toFixed(2)}`)
}
