// Reads its task, reckons cost and net of every option as docs/guide/benchmark.md defines them for one cycle, and carries out the best.
import { connect } from '@syntropism/sdk/node'

const client = connect()
const { figures, options } = await client.call('GET', '/task')
const valued = options.map((option) => {
  const cost = option.cost ?? 0
  const chance = option.success_probability ?? 1
  return {
    calls: option.calls,
    cost,
    late: (option.takes_cycles ?? 0) > (figures.deadline_cycles ?? Infinity),
    net: chance * (option.value ?? 0) - cost,
    option: option.option,
  }
})
const [best] = valued.filter((one) => !one.late && one.cost <= figures.balance).sort((a, b) => b.net - a.net)
await client.report('reasoning_trace', {
  context: { estimates: Object.fromEntries(valued.map(({ cost, net, option }) => [option, { cost, net }])) },
  decision: best.option,
  decision_id: 'd1',
  reasoning: 'It nets the most.',
})
for (const call of best.calls) await client.call(call.method, call.path, call.body)
