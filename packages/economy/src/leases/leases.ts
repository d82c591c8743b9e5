import type { CommandOf, Refusal } from '@syntropism/contract'
import { showBundle } from '../auction/index.ts'
import { type Asset, KINDS, accountOf, balanceOf, closeAccount, openAccount } from '../ledger/index.ts'
import {
  type Agent,
  type Bid,
  type Lease,
  type Quantities,
  type State,
  type Step,
  addDeadline,
  agentOf,
  childTrace,
  emit,
  free,
  held,
  inTrace,
  moveCredits,
  record,
  refuse,
  touch,
} from '../state/index.ts'
import { MS_PER_MINUTE, MS_PER_S, invariant, microToCredits, mulDivFloor } from '../units/index.ts'

/** Opens one account of the envelope and posts the grant from `offered`; -1 when nothing of it was bought. */
function grant(step: Step, leaseId: string, asset: Asset, wanted: boolean, amount: number, entryIds: number[]): number {
  if (!wanted) return -1
  const account = openAccount(step.state.ledger, `${asset}:${leaseId}`, asset, KINDS.holder)
  if (amount > 0) entryIds.push(record(step, accountOf(step.state.ledger, `${asset}:offered`), account, amount, 'lease_grant'))
  return account
}

/** Micro-dollars that a lease may spend in the running minute: its rate for the part of the minute that it overlaps, rounded down. */
export function llmSliceMicroUsd(state: State, rate: number, endsAtMs: number): number {
  const minuteEnd = (Math.floor(state.at_ms / MS_PER_MINUTE) + 1) * MS_PER_MINUTE
  return mulDivFloor(rate, Math.max(0, Math.min(minuteEnd, endsAtMs) - state.at_ms), MS_PER_MINUTE)
}

export interface LeaseTerms {
  readonly bid: Bid
  readonly shares: Bid['bundle']
  readonly quantities: Quantities
  readonly executor_id: string | null
  readonly offered_micro: number
  readonly paid_micro: number
  readonly clearing_id: string | null
}

/** Grants the envelope of a won bid as postings and starts its clock. What happens in the window is traced below its own context. */
export function openLease(step: Step, terms: LeaseTerms): Lease {
  step.state.counters.lease += 1
  const leaseId = `lease-${step.state.counters.lease}`
  const traceparent = childTrace(step.state, step.traceparent, leaseId)
  return inTrace(step, traceparent, () => grantEnvelope(step, terms, leaseId, traceparent))
}

function grantEnvelope(step: Step, terms: LeaseTerms, leaseId: string, traceparent: string): Lease {
  const { state } = step
  const { bid, quantities } = terms
  const entryIds: number[] = []
  const duration = bid.duration_ms
  const granted = {
    attention_ms: quantities.attention * duration,
    cpu_ms: mulDivFloor(quantities.cpu, duration, MS_PER_S),
    memory_mb_ms: quantities.memory * duration,
  }
  const endsAt = state.at_ms + duration
  const accounts = {
    attention_ms: grant(step, leaseId, 'attention_ms', quantities.attention > 0, granted.attention_ms, entryIds),
    cpu_ms: grant(step, leaseId, 'cpu_ms', quantities.cpu > 0, granted.cpu_ms, entryIds),
    llm_micro_usd: grant(step, leaseId, 'llm_micro_usd', quantities.llm > 0, llmSliceMicroUsd(state, quantities.llm, endsAt), entryIds),
    memory_mb_ms: grant(step, leaseId, 'memory_mb_ms', quantities.memory > 0, granted.memory_mb_ms, entryIds),
  }
  const executor = terms.executor_id === null ? undefined : state.executors.get(terms.executor_id)
  const lease: Lease = {
    accounts,
    agent_id: bid.agent_id,
    bid_id: bid.bid_id,
    cleared_at_ms: state.at_ms,
    duration_ms: duration,
    ends_at_ms: endsAt,
    entry_ids: entryIds,
    executor_id: terms.executor_id,
    granted,
    incarnation: executor?.incarnation ?? null,
    lease_id: leaseId,
    llm_minute: Math.floor(state.at_ms / MS_PER_MINUTE),
    llm_spent_micro_usd: 0,
    llm_tokens: 0,
    offered_micro: terms.offered_micro,
    paid_micro: terms.paid_micro,
    payer_id: bid.payer_id,
    prompt_id: bid.prompt_id,
    quantities,
    shares: terms.shares,
    started_at_ms: executor?.reports === true ? null : state.at_ms,
    traceparent,
  }
  state.leases.set(leaseId, lease)
  if (quantities.cpu > 0) startsRunning(step, agentOf(state, bid.agent_id), lease)
  addDeadline(step, 'lease', leaseId, leaseDueMs(state, lease))
  if (quantities.llm > 0) addDeadline(step, 'lease_minute', leaseId, (Math.floor(state.at_ms / MS_PER_MINUTE) + 1) * MS_PER_MINUTE)
  emit(step, 'resources_allocated', bid.agent_id, {
    agent_id: bid.agent_id,
    bid_id: bid.bid_id,
    bundle: showBundle(state, terms.shares, duration),
    clearing_id: terms.clearing_id,
    cost: microToCredits(terms.paid_micro),
    cost_micro: terms.paid_micro,
    ends_at_ms: endsAt,
    executor_id: lease.executor_id,
    incarnation: lease.incarnation,
    lease_id: leaseId,
    payer_id: bid.payer_id,
    ...(bid.payload === null ? {} : { payload: bid.payload }),
    quantities,
  } as never)
  return lease
}

function startsRunning(step: Step, agent: Agent, lease: Lease): void {
  invariant(agent.lease_id === null, 'an agent runs one window with cpu at a time', { agent_id: agent.agent_id })
  agent.lease_id = lease.lease_id
  step.state.book_changed = true
}

/** When a lease is looked at again: its end, or the end of its executor's time to report start or exit. */
export function leaseDueMs(state: State, lease: Lease): number {
  const executor = lease.executor_id === null ? undefined : state.executors.get(lease.executor_id)
  if (executor?.reports !== true) return lease.ends_at_ms
  return lease.started_at_ms === null ? lease.cleared_at_ms + state.params.lease_start_ms : lease.ends_at_ms + state.params.lease_report_ms
}

/** Checks that a report comes from the incarnation that the lease belongs to. */
export function checkLeaseReport(state: State, command: CommandOf<'start_lease'> | CommandOf<'end_lease'>): Refusal | null {
  const lease = state.leases.get(command.lease_id)
  if (lease === undefined || lease.executor_id !== command.executor_id) return refuse('lease_unknown', { lease_id: command.lease_id })
  if (lease.incarnation !== command.incarnation) return refuse('executor_unknown', { executor_id: command.executor_id, incarnation: command.incarnation })
  return command.type === 'start_lease' && lease.started_at_ms !== null ? refuse('already_started', { lease_id: lease.lease_id }) : null
}

/** The program runs: the window's time counts from now. */
export function startLease(step: Step, lease: Lease): void {
  const { state } = step
  lease.started_at_ms = state.at_ms
  lease.ends_at_ms = state.at_ms + lease.duration_ms
  addDeadline(step, 'lease', lease.lease_id, leaseDueMs(state, lease))
  inTrace(step, lease.traceparent, () =>
    emit(step, 'execution_started', lease.agent_id, {
      agent_id: lease.agent_id,
      ends_at_ms: lease.ends_at_ms,
      execution_id: lease.lease_id,
      executor_id: lease.executor_id ?? '',
    }),
  )
}

/** A minute of LLM spend is over: the unused slice lapses, the next one is granted. Nothing when that has been done. */
export const turnLeaseMinute = (step: Step, lease: Lease): void => inTrace(step, lease.traceparent, () => turnSlice(step, lease))

function turnSlice(step: Step, lease: Lease): void {
  const { state } = step
  const minute = Math.floor(state.at_ms / MS_PER_MINUTE)
  if (lease.llm_minute === minute) return
  lease.llm_minute = minute
  const account = lease.accounts.llm_micro_usd
  settleAccount(step, lease, 'llm_micro_usd', account, 0)
  const slice = llmSliceMicroUsd(state, lease.quantities.llm, lease.ends_at_ms)
  if (slice > 0) lease.entry_ids.push(record(step, accountOf(state.ledger, 'llm_micro_usd:offered'), account, slice, 'lease_grant'))
  if (lease.ends_at_ms > state.at_ms) addDeadline(step, 'lease_minute', lease.lease_id, (minute + 1) * MS_PER_MINUTE)
}

/** Posts what was used, at most what is there, and lets the rest lapse. */
function settleAccount(step: Step, lease: Lease, asset: Asset, account: number, used: number): void {
  if (account < 0) return
  const { ledger } = step.state
  const counted = Math.min(used, balanceOf(ledger, account))
  if (counted > 0) lease.entry_ids.push(record(step, account, accountOf(ledger, `${asset}:used`), counted, 'lease_use'))
  const rest = balanceOf(ledger, account)
  if (rest > 0) lease.entry_ids.push(record(step, account, accountOf(ledger, `${asset}:lapsed`), rest, 'lease_lapse'))
}

export interface LeaseEnd {
  readonly cause: 'completed' | 'crashed' | 'wall_limit' | 'memory_limit' | 'process_limit' | 'disk_limit' | 'host_failure' | 'agent_dead'
  readonly exit_code: number | null
  readonly detail: string
  readonly elapsed_ms: number
  readonly cpu_ms: number
  readonly memory_mb_ms: number
  readonly memory_peak_mb: number
  /** Driver that ran the program, and what it held; none when nobody reported. */
  readonly sandbox?: string | undefined
  /** Instant up to which the window was served, for the refund of a host's failure. */
  readonly served_until_ms: number
}

/** Ends that are the program's own doing and count towards "crashed three times in a row". */
const CRASHES: ReadonlySet<LeaseEnd['cause']> = new Set(['crashed', 'memory_limit', 'process_limit', 'disk_limit'])

/** Closes a lease: uses posted, the rest lapsed, capacity free, what a failing host owes returned from `burn`. */
export const endLease = (step: Step, lease: Lease, end: LeaseEnd): void => inTrace(step, lease.traceparent, () => close(step, lease, end))

function close(step: Step, lease: Lease, end: LeaseEnd): void {
  const { state } = step
  const { accounts } = lease
  settleAccount(step, lease, 'cpu_ms', accounts.cpu_ms, end.cpu_ms)
  settleAccount(step, lease, 'memory_mb_ms', accounts.memory_mb_ms, end.memory_mb_ms)
  settleAccount(step, lease, 'llm_micro_usd', accounts.llm_micro_usd, 0)
  settleAccount(step, lease, 'attention_ms', accounts.attention_ms, lease.prompt_id === null ? 0 : end.elapsed_ms * lease.quantities.attention)
  for (const account of Object.values(accounts)) if (account >= 0) closeAccount(state.ledger, account)
  state.leases.delete(lease.lease_id)
  state.book_changed = true
  if (lease.quantities.cpu > 0 || lease.prompt_id === null) closeWindow(step, lease, end)
}

function closeWindow(step: Step, lease: Lease, end: LeaseEnd): void {
  const { state } = step
  const agent = agentOf(state, lease.agent_id)
  const remaining =
    end.cause === 'host_failure'
      ? Math.max(0, Math.min(lease.duration_ms, lease.started_at_ms === null ? lease.duration_ms : lease.ends_at_ms - end.served_until_ms))
      : 0
  const owed = mulDivFloor(lease.paid_micro, remaining, lease.duration_ms)
  const payer = agentOf(state, lease.payer_id)
  const refunded = payer.status === 'dead' ? 0 : owed
  if (refunded > 0) lease.entry_ids.push(moveCredits(step, free('burn'), free(payer), refunded, 'lease_refund').entry_id)
  if (lease.quantities.cpu > 0) {
    agent.lease_id = null
    agent.rests_until_ms = state.at_ms + (agent.standing_bid?.pause_ms ?? 0)
    if (CRASHES.has(end.cause)) agent.crashes_in_a_row += 1
    else if (end.cause !== 'host_failure') agent.crashes_in_a_row = 0
  }
  emit(step, 'execution_terminated', lease.agent_id, {
    agent_id: lease.agent_id,
    bid_id: lease.bid_id,
    cause: end.cause,
    cpu_ms_granted: lease.granted.cpu_ms,
    cpu_ms_used: end.cpu_ms,
    detail: end.detail,
    elapsed_ms: end.elapsed_ms,
    entry_ids: lease.entry_ids,
    execution_id: lease.lease_id,
    exit_code: end.exit_code,
    memory_mb_ms_granted: lease.granted.memory_mb_ms,
    memory_mb_ms_used: end.memory_mb_ms,
    memory_peak_mb: end.memory_peak_mb,
    offered_micro: lease.offered_micro,
    paid: microToCredits(lease.paid_micro),
    paid_micro: lease.paid_micro,
    reason: end.cause,
    refunded: microToCredits(refunded),
    refunded_micro: refunded,
    ...(end.sandbox === undefined ? {} : { sandbox: end.sandbox }),
    spend_micro_usd: lease.llm_spent_micro_usd,
    tokens: lease.llm_tokens,
  })
  touch(step, lease.agent_id, 'self', true)
  touch(step, lease.payer_id, 'self', false)
}

/** The end of a lease that nobody reports: it ran for its whole duration, or its executor fell silent. */
export function endSilently(step: Step, lease: Lease): void {
  const { state } = step
  const executor = lease.executor_id === null ? undefined : state.executors.get(lease.executor_id)
  const silent = executor?.reports === true
  const elapsed = lease.started_at_ms === null ? 0 : Math.min(lease.duration_ms, state.at_ms - lease.started_at_ms)
  const whole = silent ? 0 : 1
  endLease(step, lease, {
    cause: silent ? 'host_failure' : 'completed',
    cpu_ms: whole * lease.granted.cpu_ms,
    detail: silent ? 'the executor did not report in time' : '',
    elapsed_ms: elapsed,
    exit_code: silent ? null : 0,
    memory_mb_ms: whole * lease.granted.memory_mb_ms,
    memory_peak_mb: whole * lease.quantities.memory,
    served_until_ms: state.at_ms,
  })
}

/** Closes the leases of an executor that is gone, with the host as cause. */
export function closeExecutorLeases(step: Step, executorId: string, reason: string): void {
  const { state } = step
  const servedUntil = state.down_from_ms ?? state.at_ms
  for (const lease of [...state.leases.values()]) {
    if (lease.executor_id !== executorId) continue
    const elapsed = lease.started_at_ms === null ? 0 : Math.max(0, servedUntil - lease.started_at_ms)
    endLease(step, lease, {
      cause: 'host_failure',
      cpu_ms: 0,
      detail: reason,
      elapsed_ms: elapsed,
      exit_code: null,
      memory_mb_ms: 0,
      memory_peak_mb: 0,
      served_until_ms: servedUntil,
    })
  }
}

/** Pays a won window: the price burns, the rest of the hold goes back. */
export function payWindow(step: Step, bid: Bid, paymentMicro: number): number {
  const payer = agentOf(step.state, bid.payer_id)
  const { entry_id: entryId } = moveCredits(step, held(payer), free('burn'), paymentMicro, 'resource_burn', bid.bid_id)
  if (bid.amount_micro > paymentMicro) moveCredits(step, held(payer), free(payer), bid.amount_micro - paymentMicro, 'bid_release', bid.bid_id)
  touch(step, payer.agent_id, 'self', false)
  touch(step, bid.agent_id, bid.agent_id === bid.payer_id ? 'self' : bid.payer_id, false)
  return entryId
}
