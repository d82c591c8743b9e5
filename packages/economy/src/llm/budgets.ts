import type { CommandOf, Refusal } from '@syntropism/contract'
import { KINDS, accountOf, balanceOf, closeAccount, openAccount } from '../ledger/index.ts'
import { type Agent, type State, type Step, agentOf, emit, record, refuse } from '../state/index.ts'

const budgetName = (agentId: string): string => `llm_budget_micro_usd:${agentId}`
const OFFERED = 'llm_budget_micro_usd:offered'
const LAPSED = 'llm_budget_micro_usd:lapsed'

/** Account of the budget that an agent draws on: its own, or that of the nearest ancestor who has one; null when nothing limits it. */
export function budgetOf(state: State, agent: Agent): string | null {
  for (const id of [agent.agent_id, ...agent.lineage]) if (state.ledger.index_by_name.has(budgetName(id))) return budgetName(id)
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
const budgetAbove = (state: State, agent: Agent): string | undefined => agent.lineage.find((id) => state.ledger.index_by_name.has(budgetName(id)))

/** Why an agent cannot be given this budget: what is added must still be there above it. */
export function checkBudget(state: State, { agent_id, left_micro_usd }: CommandOf<'set_llm_budget'>): Refusal | null {
  const above = budgetAbove(state, agentOf(state, agent_id))
  if (above === undefined) return null
  const standing = state.ledger.index_by_name.get(budgetName(agent_id))
  const required = (left_micro_usd ?? 0) - (standing === undefined ? 0 : balanceOf(state.ledger, standing))
  const left = balanceOf(state.ledger, accountOf(state.ledger, budgetName(above)))
  return left < required ? refuse('llm_budget_exhausted', { left, limit: `budget of ${above}`, required, unit: 'micro_usd' }) : null
}

/** Sets what an agent, with the children that have no budget of their own, may still spend: carved from the budget above it where there is one. */
export function setBudget(step: Step, command: CommandOf<'set_llm_budget'>): void {
  const { ledger } = step.state
  const { agent_id: agentId, left_micro_usd: left } = command
  const above = budgetAbove(step.state, agentOf(step.state, agentId))
  if (left !== null || ledger.index_by_name.has(budgetName(agentId))) {
    const account = openBudget(step.state, agentId)
    const more = (left ?? 0) - balanceOf(ledger, account)
    if (above === undefined) {
      move(step, accountOf(ledger, OFFERED), account, more, 'llm_budget_grant')
      move(step, account, accountOf(ledger, LAPSED), -more, 'llm_budget_withdrawal')
    } else {
      const source = accountOf(ledger, budgetName(above))
      move(step, source, account, more, 'llm_budget_carve')
      move(step, account, source, -more, 'llm_budget_return')
    }
    if (left === null) closeAccount(ledger, account)
  }
  emit(step, 'llm_budget_set', agentId, { agent_id: agentId, from_agent: left === null ? null : (above ?? null), left_micro_usd: left })
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

/** Returns what the dead have not spent to the budget above them. */
export function closeBudget(step: Step, agent: Agent): void {
  const { ledger } = step.state
  const account = ledger.index_by_name.get(budgetName(agent.agent_id))
  if (account === undefined) return
  const heir = budgetAbove(step.state, agent)
  move(step, account, accountOf(ledger, heir === undefined ? LAPSED : budgetName(heir)), balanceOf(ledger, account), 'llm_budget_return')
  closeAccount(ledger, account)
}

/** Where a hold's rest goes when its budget may have closed meanwhile: to it, or to nobody. */
export const budgetOrLapsed = (state: State, account: string): number => accountOf(state.ledger, state.ledger.index_by_name.has(account) ? account : LAPSED)
