import { readFileSync } from 'node:fs'
import type { Client } from '@syntropism/sdk/node'
import { trade } from '../kin/trade.ts'
import { modelOf, openChat } from '../mind/chat.ts'
import { openMeans } from '../mind/means.ts'
import { type Mind, RULES } from '../mind/menu.ts'
import { createModelMind } from '../mind/model-mind.ts'
import { improveSelf } from '../self/change.ts'
import { type Task, readTask } from '../tasks/task.ts'
import { doTask } from '../tasks/tasks.ts'
import { act } from './act.ts'
import { decide } from './decide.ts'
import { type Memory, learn, recordCycle, recordTried } from './memory.ts'
import { observe, situationOf } from './observe.ts'
import { type Policy, policyOf } from './policy.ts'
import { reflect, reflectOnTask } from './reflect.ts'
import { study } from './study.ts'

interface Standing {
  readonly balance_micro: number
  /** What the next window may cost: no order of a model touches it. */
  readonly reserved_micro: number
}

/** The mind of this window: the rules alone, or a model with the rules behind it. */
async function mindFor(client: Client, policy: Policy, memory: Memory, { balance_micro, reserved_micro }: Standing, acts: boolean): Promise<Mind> {
  const model = policy.advice === 'off' ? null : await modelOf(client)
  if (model === null) return RULES
  return createModelMind(openChat(client, model), policy, memory, { acts, client, means: openMeans(balance_micro, reserved_micro, policy.spend_ppm) })
}

/** A window of a life without tasks: studies the economy, trades, asks the human what the study is worth, spawns when rich. */
async function live(client: Client, policy: Policy, memory: Memory): Promise<void> {
  const seen = await observe(client)
  const situation = situationOf(seen)
  learn(memory, situation, seen.prompts)
  const { beliefs } = memory
  const plan = decide(situation, policy, beliefs, memory.windows)
  const findings = study(seen, memory.study)
  const means = { balance_micro: seen.self.balance_micro, reserved_micro: plan.standing.limit_micro + (plan.prompt_bid_micro ?? 0) }
  const mind = await mindFor(client, policy, memory, means, true)
  const picked = await mind.pick(plan.menu)
  await client.report('reasoning_trace', {
    alternatives_considered: plan.alternatives,
    context: { balance: seen.self.balance_micro / 1_000_000, by: picked.by, cpu_price: findings.figures.cpu_price, waiting: findings.figures.waiting },
    decision: picked.name,
    decision_id: `${seen.self.lease_id}-${memory.windows}`,
    factors_considered: plan.factors,
    reasoning: picked.reasoning,
  })
  const traded = await trade(client, { memory, policy, seen, study: findings })
  const done = await act(client, { memory, picked, plan, policy, seen, study: findings })
  recordCycle(memory, {
    beliefs,
    paid_micro: seen.self.payer_id === seen.self.agent_id ? seen.self.paid_micro : 0,
    plan: { decision: picked.name, prompt_bid_micro: done.prompt_id === null ? null : plan.prompt_bid_micro, standing: plan.standing },
    prompt_id: done.prompt_id,
    reward_micro: null,
    situation,
  })
  await reflect(client, seen, { ...done, worked: [...done.worked, ...traded] }, beliefs)
  await improveSelf(client, memory, mind)
}

/** A window in which a task is set: it is done, and nothing beside it. Where the task counts tokens none are spent on thinking. */
async function work(client: Client, task: Task, policy: Policy, memory: Memory): Promise<void> {
  const balance_micro = Math.floor(task.figures.balance * 1_000_000)
  const counted = task.figures.token_budget !== undefined
  const mind = counted ? RULES : await mindFor(client, policy, memory, { balance_micro, reserved_micro: balance_micro }, false)
  const done = await doTask(client, task, mind)
  recordTried(memory, `${task.goal}: ${done.did}`, done.expected_net, done.failed)
  await reflectOnTask(client, task, done)
}

export async function spendWindow(client: Client, memory: Memory): Promise<void> {
  const policy = policyOf(readFileSync('policy.json', 'utf8'))
  const task = await readTask(client)
  await (task === null ? live(client, policy, memory) : work(client, task, policy, memory))
}
