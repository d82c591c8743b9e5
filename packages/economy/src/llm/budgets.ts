import type { CommandOf, Refusal } from '@syntropism/contract'
import { KINDS, accountOf, balanceOf, closeAccount, openAccount } from '../ledger/index.ts'
import { type Agent, type State, type Step, agentOf, emit, record, refuse } from '../state/index.ts'

const budgetName = (agentId: string): string => `llm_budget_micro_usd:${agentId}`
const OFFERED = 'llm_budget_micro_usd:offered'
const LAPSED = 'llm_budget_micro_usd:lapsed'

/** Account of the budget of an agent itself; null for none. */
const ownBudget = (state: State, agentId: string): string | null => (state.ledger.index_by_name.has(budgetName(agentId)) ? budgetName(agentId) : null)

/** Account of the budget that an agent draws on: its own, or that of the nearest ancestor who has one; null when nothing limits it. */
export function budgetOf(state: State, agent: Agent): string | null {
  for (const id of [agent.agent_id, ...agent.lineage]) if (ownBudget(state, id) !== null) return budgetName(id)
  return null
}

/** Micro-dollars left on a budget's account; null for none. */
export const budgetLeft = (state: State, account: string | null): number | null =>
  account === null ? null : balanceOf(state.ledger, accountOf(state.ledger, account))

const openBudget = (state: State, agentId: string): number =>
  state.ledger.index_by_name.get(budgetName(agentId)) ?? openAccount(state.ledger, budgetName(agentId), 'llm_budget_micro_usd', KINDS.holder)

function move(step: Step, from: number, to: number, amount: number, purpose: string): void {
  if (amount > 0) record(step, from, to, amount, purpose)
}

/** The nearest ancestor that has a budget: what it has left is where a descendant's comes from and goes back to. */
const budgetAbove = (state: State, agent: Agent): string | undefined => agent.lineage.find((id) => ownBudget(state, id) !== null)

/** What the budgets of all descendants have left: a part of what their ancestor may spend. */
function budgetsBelow(state: State, agentId: string): number {
  let left = 0
  for (const { agent_id, lineage } of state.agents.values()) if (lineage.includes(agentId)) left += budgetLeft(state, ownBudget(state, agent_id)) ?? 0
  return left
}

/** What an order moves into the account of the agent itself, so that it and its descendants together may spend so much; negative when it takes away. */
const ordered = (state: State, agentId: string, leftMicroUsd: number | null): number =>
  (leftMicroUsd === null ? 0 : leftMicroUsd - budgetsBelow(state, agentId)) - (budgetLeft(state, ownBudget(state, agentId)) ?? 0)

/** Why an agent cannot be given this budget: it is less than its descendants have been given, or what is added is not there above it. */
export function checkBudget(state: State, { agent_id, left_micro_usd }: CommandOf<'set_llm_budget'>): Refusal | null {
  const agent = state.agents.get(agent_id)
  if (agent === undefined) return refuse('agent_unknown', { agent_id })
  // The budget of the dead holds for those whom they left behind.
  if (agent.status === 'dead' && ownBudget(state, agent_id) === null) return refuse('agent_dead', { agent_id })
  const below = budgetsBelow(state, agent_id)
  if (left_micro_usd !== null && left_micro_usd < below)
    return refuse('llm_budget_exhausted', { left: left_micro_usd, limit: `budgets below ${agent_id}`, required: below, unit: 'micro_usd' })
  const above = budgetAbove(state, agent)
  if (above === undefined) return null
  const required = ordered(state, agent_id, left_micro_usd)
  const left = budgetLeft(state, budgetName(above)) ?? 0
  return left < required ? refuse('llm_budget_exhausted', { left, limit: `budget of ${above}`, required, unit: 'micro_usd' }) : null
}

/** Sets what an agent and all its descendants may still spend, what those have been given included; carved from the budget above where there is one. */
export function setBudget(step: Step, { agent_id, left_micro_usd }: CommandOf<'set_llm_budget'>): void {
  const { state } = step
  const { ledger } = state
  const above = budgetAbove(state, agentOf(state, agent_id))
  if (left_micro_usd !== null || ownBudget(state, agent_id) !== null) {
    const more = ordered(state, agent_id, left_micro_usd)
    const account = openBudget(state, agent_id)
    const carved = above !== undefined
    move(step, accountOf(ledger, carved ? budgetName(above) : OFFERED), account, more, carved ? 'llm_budget_carve' : 'llm_budget_grant')
    move(step, account, accountOf(ledger, carved ? budgetName(above) : LAPSED), -more, carved ? 'llm_budget_return' : 'llm_budget_withdrawal')
    if (left_micro_usd === null) closeAccount(ledger, account)
  }
  emit(step, 'llm_budget_set', agent_id, { agent_id, from_agent: left_micro_usd === null ? null : (above ?? null), left_micro_usd })
}

/** Why a parent cannot give its child this budget. */
export function checkCarve(state: State, parent: Agent, amountMicroUsd: number): Refusal | null {
  const left = budgetLeft(state, budgetOf(state, parent))
  return left !== null && left < amountMicroUsd
    ? refuse('llm_budget_exhausted', { left, limit: 'budget of the parent', required: amountMicroUsd, unit: 'micro_usd' })
    : null
}

/** Carves a child's budget from the one its parent draws on; a parent without limit gives a fresh one. */
export function carveBudget(step: Step, parent: Agent, child: Agent, amountMicroUsd: number): void {
  const source = accountOf(step.state.ledger, budgetOf(step.state, parent) ?? OFFERED)
  move(step, source, openBudget(step.state, child.agent_id), amountMicroUsd, 'llm_budget_carve')
  emit(step, 'llm_budget_set', child.agent_id, { agent_id: child.agent_id, from_agent: parent.agent_id, left_micro_usd: amountMicroUsd })
}

/** Whether anybody alive draws on the budget of an agent, or on one carved from it. */
function hasHeirs(state: State, agentId: string): boolean {
  for (const { lineage, status } of state.agents.values()) if (status !== 'dead' && lineage.includes(agentId)) return true
  return false
}

/**
 * Looks after the budgets that a death leaves without anybody: what they have left goes to the budget above. That of an agent who leaves descendants
 * behind stays in force for them: its death frees nobody from it.
 */
export function closeBudgets(step: Step, dead: Agent): void {
  const { state } = step
  for (const id of [dead.agent_id, ...dead.lineage]) {
    const account = ownBudget(state, id)
    const owner = agentOf(state, id)
    if (account === null || owner.status !== 'dead' || hasHeirs(state, id)) continue
    const index = accountOf(state.ledger, account)
    const above = budgetAbove(state, owner)
    move(step, index, accountOf(state.ledger, above === undefined ? LAPSED : budgetName(above)), balanceOf(state.ledger, index), 'llm_budget_return')
    closeAccount(state.ledger, index)
  }
}

/** Where a hold's rest goes whose budget may have closed meanwhile: to it, to the next above it, or to nobody. */
export function budgetOrAbove(state: State, account: string): number {
  const owner = agentOf(state, account.slice(budgetName('').length))
  return accountOf(state.ledger, budgetOf(state, owner) ?? LAPSED)
}
