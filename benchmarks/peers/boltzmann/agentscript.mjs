// Boltzmann wealth exchange in AgentScript, random activation. Arguments: its module, agents, steps a round. A line on standard input starts a round; its rate is printed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [folder, agents, steps] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
// The package draws on a canvas that Node does not have, and asks for one when it is loaded; no step touches it.
globalThis.OffscreenCanvas = class {
  getContext() {
    return {}
  }
}
const { Model } = await import(pathToFileURL(join(folder, 'dist/agentscript.js')).href)
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

class Exchange extends Model {
  setup() {
    this.turtles.create(agents, (turtle) => {
      turtle.wealth = 10
    })
    this.members = this.turtles.clone()
  }
  step() {
    this.members.shuffle().ask((turtle) => {
      if (turtle.wealth < 1) return
      turtle.wealth -= 1
      this.turtles.oneOf().wealth += 1
    })
  }
}

const model = new Exchange()
await model.startup()
model.setup()
model.step()
console.log(`ready AgentScript ${version}`)
for await (const _ of createInterface({ input: process.stdin })) {
  const before = process.cpuUsage()
  for (let step = 0; step < steps; step++) model.step()
  const used = process.cpuUsage(before)
  let total = 0
  model.turtles.ask((turtle) => {
    total += turtle.wealth
  })
  if (total !== 10 * agents) throw new Error(`wealth is ${total}`)
  console.log((agents * steps * 1_000_000) / (used.user + used.system))
}
