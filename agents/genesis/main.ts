import { readFileSync, writeFileSync } from 'node:fs'
import { type Client, connect } from '@syntropism/sdk/node'
import { act } from './act.ts'
import { decide } from './decide.ts'
import { RULES } from './mind/menu.ts'
import { observe } from './observe.ts'
import { reflect, reflectOnTask } from './reflect.ts'
import { type Memory, emptyMemory, study } from './study.ts'
import { readTask } from './tasks/task.ts'
import { doTask } from './tasks/tasks.ts'

const MEMORY = 'memory.json'

function remember(): Memory {
  try {
    return JSON.parse(readFileSync(MEMORY, 'utf8')) as Memory
  } catch {
    return emptyMemory()
  }
}

/** A window of a life without tasks: studies the economy, asks the human what the study is worth, spawns when rich. */
async function live(client: Client, memory: Memory): Promise<void> {
  const seen = await observe(client)
  const plan = decide(seen)
  const findings = study(seen, memory)
  await client.report('reasoning_trace', {
    alternatives_considered: plan.alternatives,
    context: { balance: seen.self.balance_micro / 1_000_000, cpu_price: findings.figures.cpu_price, waiting: findings.figures.waiting },
    decision: plan.decision,
    decision_id: `${seen.self.lease_id}-${memory.windows}`,
    factors_considered: plan.factors,
    reasoning: plan.reasoning,
  })
  const done = await act(client, seen, plan, findings)
  await reflect(client, seen, done)
}

const client = connect()
const memory = remember()
memory.windows += 1
const task = await readTask(client)
if (task === null) await live(client, memory)
else await reflectOnTask(client, task, await doTask(client, task, RULES))
writeFileSync(MEMORY, JSON.stringify(memory))
