import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from '@syntropism/sdk/node'
import { act } from './act.ts'
import { decide } from './decide.ts'
import { observe } from './observe.ts'
import { reflect } from './reflect.ts'
import { type Memory, emptyMemory, study } from './study.ts'

const MEMORY = 'memory.json'

function remember(): Memory {
  try {
    return JSON.parse(readFileSync(MEMORY, 'utf8')) as Memory
  } catch {
    return emptyMemory()
  }
}

const client = connect()
const memory = remember()
const seen = await observe(client)
const plan = decide(seen)
const findings = study(seen, memory)
memory.windows += 1
await client.report('reasoning_trace', {
  alternatives_considered: plan.alternatives,
  context: { balance: seen.self.balance_micro / 1_000_000, cpu_price: findings.figures.cpu_price, waiting: findings.figures.waiting },
  decision: plan.decision,
  decision_id: `${seen.self.lease_id}-${memory.windows}`,
  factors_considered: plan.factors,
  reasoning: plan.reasoning,
})
const done = await act(client, seen, plan, findings)
writeFileSync(MEMORY, JSON.stringify(memory))
await reflect(client, seen, done)
