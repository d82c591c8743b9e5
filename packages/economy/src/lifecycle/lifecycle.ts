import type { CommandOf, EventData, Refusal, StandingBid } from '@syntropism/contract'
import { checkBundle, endBid, placeBid } from '../auction/index.ts'
import { KINDS, openAccount } from '../ledger/index.ts'
import { carveBudget, checkCarve, closeBudgets } from '../llm/index.ts'
import { floorReserveMicro } from '../market/index.ts'
import { type Agent, type State, type Step, agentOf, emit, free, freeMicro, mintCredits, moveCredits, refuse, touch } from '../state/index.ts'
import { microToCredits } from '../units/index.ts'

interface Birth {
  readonly agent_id: string
  readonly name: string
  readonly parent: Agent | null
  readonly models: readonly string[]
  readonly standing_bid: StandingBid | null
}

function openAgent(step: Step, birth: Birth): Agent {
  const { state } = step
  const { parent } = birth
  const agent: Agent = {
    account: openAccount(state.ledger, `agent:${birth.agent_id}`, 'credits', KINDS.agent),
    agent_id: birth.agent_id,
    bid_ids: new Set(),
    crashes_in_a_row: 0,
    held_micro: 0,
    inbox: new Map(),
    lease_id: null,
    lineage: parent === null ? [] : [parent.agent_id, ...parent.lineage],
    models: birth.models,
    name: birth.name,
    open_invocations: 0,
    parent_id: parent?.agent_id ?? null,
    prompt_id: null,
    rests_until_ms: state.at_ms,
    services: new Set(),
    standing_bid: birth.standing_bid,
    status: 'new',
  }
  state.agents.set(agent.agent_id, agent)
  state.living_agents += 1
  touch(step, agent.agent_id, 'self', false)
  return agent
}

export function checkCreateAgent(state: State, command: CommandOf<'create_agent'>): Refusal | null {
  if (state.agents.has(command.agent_id) || ['mint', 'burn', 'holds', 'system'].includes(command.agent_id))
    return refuse('agent_exists', { agent_id: command.agent_id })
  if (state.living_agents >= state.params.agents_max) return refuse('agents_limit_reached', { agents_max: state.params.agents_max })
  return command.standing_bid === undefined ? null : checkBundle(state, command.standing_bid.bundle, command.standing_bid.duration_ms, true)
}

/** Creates an agent without a parent and grants its start credits. */
export function createAgent(step: Step, command: CommandOf<'create_agent'>): void {
  const agent = openAgent(step, {
    agent_id: command.agent_id,
    models: command.models ?? [],
    name: command.name,
    parent: null,
    standing_bid: command.standing_bid ?? null,
  })
  emit(step, 'agent_created', agent.agent_id, {
    agent_id: agent.agent_id,
    grant: microToCredits(command.grant_micro),
    grant_micro: command.grant_micro,
    models: [...agent.models],
    name: agent.name,
  })
  if (command.grant_micro > 0) mintCredits(step, agent, command.grant_micro, 'grant')
}

/** What the parent needs to have: fee, endowment and, when it pays it, the child's first bid. */
const spawnTotal = (state: State, command: CommandOf<'spawn'>): number =>
  state.params.spawn_cost_micro + command.endowment_micro + (command.first_bid?.paid_by === 'parent' ? command.first_bid.amount_micro : 0)

export function checkSpawn(state: State, command: CommandOf<'spawn'>): Refusal | null {
  const parent = state.agents.get(command.parent_id)
  if (parent === undefined) return refuse('agent_unknown', { agent_id: command.parent_id })
  if (parent.status === 'dead') return refuse('agent_dead', { agent_id: parent.agent_id })
  if (state.living_agents >= state.params.agents_max) return refuse('agents_limit_reached', { agents_max: state.params.agents_max })
  const standing = command.standing_bid === undefined ? parent.standing_bid : command.standing_bid
  if (command.first_bid !== undefined && standing === null)
    return refuse('command_invalid', { expected: 'a standing bid that names the bundle of the first bid', field: 'standing_bid' })
  if (command.first_bid?.paid_by === 'child' && command.first_bid.amount_micro > command.endowment_micro)
    return refuse('credits_insufficient', { available_micro: command.endowment_micro, required_micro: command.first_bid.amount_micro })
  const bundle = standing === null ? null : checkBundle(state, standing.bundle, standing.duration_ms, true)
  if (bundle !== null) return bundle
  const carve = command.llm_budget_micro_usd === undefined ? null : checkCarve(state, parent, command.llm_budget_micro_usd)
  if (carve !== null) return carve
  const required = spawnTotal(state, command)
  const available = freeMicro(state, parent)
  return available < required ? refuse('credits_insufficient', { available_micro: available, required_micro: required }) : null
}

/** Carves a child from its parent: fee burned, endowment moved, first bid placed; all or nothing. */
export function spawn(step: Step, command: CommandOf<'spawn'>): Agent {
  const { state } = step
  const parent = agentOf(state, command.parent_id)
  state.counters.agent += 1
  while (state.agents.has(`agent-${state.counters.agent}`)) state.counters.agent += 1
  const standing = command.standing_bid === undefined ? parent.standing_bid : command.standing_bid
  const child = openAgent(step, { agent_id: `agent-${state.counters.agent}`, models: parent.models, name: command.name, parent, standing_bid: standing })
  const cost = state.params.spawn_cost_micro
  emit(step, 'agent_spawned', parent.agent_id, {
    child_id: child.agent_id,
    depth: child.lineage.length,
    ...(command.files === undefined ? {} : { files: command.files }),
    initial_balance: microToCredits(command.endowment_micro),
    initial_balance_micro: command.endowment_micro,
    lineage: [...child.lineage],
    model_tier: command.model_tier ?? '',
    name: command.name,
    parent_id: parent.agent_id,
    spawn_cost: microToCredits(cost),
    spawn_cost_micro: cost,
  } as EventData<'agent_spawned'>)
  if (cost > 0) moveCredits(step, free(parent), free('burn'), cost, 'spawn_burn')
  if (command.endowment_micro > 0) moveCredits(step, free(parent), free(child), command.endowment_micro, 'endowment')
  if (command.llm_budget_micro_usd !== undefined) carveBudget(step, parent, child, command.llm_budget_micro_usd)
  if (command.first_bid !== undefined && standing !== null) {
    const payer = command.first_bid.paid_by === 'parent' ? parent : child
    placeBid(step, {
      agent: child,
      amount_micro: command.first_bid.amount_micro,
      bundle: standing.bundle,
      duration_ms: standing.duration_ms,
      expires_at_ms: null,
      margin_ppm: null,
      not_before_ms: state.at_ms,
      payer,
      payload: null,
      prompt_id: null,
    })
  }
  touch(step, parent.agent_id, 'self', false)
  return child
}

/** Places the standing bid of an agent that has neither window nor bid. Its hold is the limit, or all that is free when that is less. */
function placeStandingBid(step: Step, agent: Agent): boolean {
  const { state } = step
  const standing = agent.standing_bid
  if (standing === null || agent.crashes_in_a_row >= state.params.crashes_in_a_row_max) return false
  const amount = Math.min(standing.limit_micro, freeMicro(state, agent))
  if (amount < floorReserveMicro(state, standing.bundle, standing.duration_ms) || amount === 0) return false
  placeBid(step, {
    agent,
    amount_micro: amount,
    bundle: standing.bundle,
    duration_ms: standing.duration_ms,
    expires_at_ms: null,
    margin_ppm: standing.margin_ppm,
    not_before_ms: Math.max(state.at_ms, agent.rests_until_ms),
    payer: agent,
    payload: null,
    prompt_id: null,
  })
  return true
}

/** Whether any bid would run a window of this agent; a prompt's bid does not. */
function hasWindowBid(state: State, agent: Agent): boolean {
  if (agent.bid_ids.size === 0) return false
  for (const id of agent.bid_ids) if (state.bids.get(id)?.prompt_id === null) return true
  return false
}

function isSpent(state: State, agent: Agent): boolean {
  const nothingLeft = freeMicro(state, agent) + agent.held_micro < state.params.death_below_micro
  const noClaims = agent.bid_ids.size === 0 && agent.prompt_id === null && agent.open_invocations === 0
  return nothingLeft && noClaims && ![...state.tool_calls.values()].some((call) => call.agent_id === agent.agent_id)
}

/** The look at one agent after a command: next standing bid, dormancy, waking, death. Never inside a window. */
export function reconcileAgent(
  step: Step,
  agentId: string,
  waker: string,
  judged: boolean,
  bury: (agent: Agent, cause: 'economic', reason: string) => void,
): void {
  const { state } = step
  const agent = agentOf(state, agentId)
  if (agent.status === 'dead') return
  if (agent.lease_id !== null) return setStatus(step, agent, 'running', waker)
  const waits = hasWindowBid(state, agent) || placeStandingBid(step, agent)
  if (waits) return setStatus(step, agent, 'waiting', waker)
  if (judged && isSpent(state, agent)) return bury(agent, 'economic', 'nothing left and no claim open')
  if (judged && state.params.death_on_no_bid) return bury(agent, 'economic', 'no bid for the future')
  setStatus(step, agent, 'dormant', waker)
}

function setStatus(step: Step, agent: Agent, status: Agent['status'], waker: string): void {
  const before = agent.status
  if (before === status) return
  agent.status = status
  const balance = freeMicro(step.state, agent)
  if (status === 'dormant') {
    const crashed = agent.crashes_in_a_row >= step.state.params.crashes_in_a_row_max
    const reason = crashed ? 'crashed' : agent.standing_bid === null ? 'voluntary' : 'insufficient_credits'
    emit(step, 'agent_dormant', agent.agent_id, { agent_id: agent.agent_id, final_balance: microToCredits(balance), final_balance_micro: balance, reason })
  } else if (before === 'dormant')
    emit(step, 'agent_awake', agent.agent_id, {
      agent_id: agent.agent_id,
      awakened_by: waker,
      current_balance: microToCredits(balance),
      current_balance_micro: balance,
    })
}

/** Ends an agent for good once its claims are settled: bids withdrawn, the estate burned or left to its parent. */
export function closeAgent(step: Step, agent: Agent, cause: 'economic' | 'killed', reason: string): void {
  const { state } = step
  for (const bid of [...state.bids.values()]) if (bid.agent_id === agent.agent_id || bid.payer_id === agent.agent_id) endBid(step, bid, 'agent_dead', null)
  const estate = freeMicro(state, agent)
  const parent = agent.parent_id === null ? undefined : state.agents.get(agent.parent_id)
  const heir = state.params.estate_to_parent && parent !== undefined && parent.status !== 'dead' ? parent : null
  if (estate > 0) moveCredits(step, free(agent), heir === null ? free('burn') : free(heir), estate, heir === null ? 'estate_burn' : 'inheritance')
  agent.status = 'dead'
  closeBudgets(step, agent)
  agent.standing_bid = null
  agent.inbox.clear()
  state.living_agents -= 1
  emit(step, 'agent_died', agent.agent_id, {
    agent_id: agent.agent_id,
    cause,
    estate: microToCredits(estate),
    estate_micro: estate,
    heir_id: heir?.agent_id ?? null,
    reason,
  })
  if (heir !== null) touch(step, heir.agent_id, agent.agent_id, false)
}
