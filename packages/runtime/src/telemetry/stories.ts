import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions'
import { type EconomyEvent, type EventType, type TraceIds, traceIdsOf } from '@syntropism/contract'
import { childTrace } from '@syntropism/economy'
import { llmAttributes, tokensOf } from './llm-attributes.ts'
import type { SpanBook } from './span-book.ts'
import { Kind, type OpenSpan, inputOf, outputOf, textOf } from './span-maker.ts'

type Of<T extends EventType> = EconomyEvent<T>
type Story<T extends EventType> = (book: SpanBook, event: Of<T>, ids: TraceIds) => void

/** Attribute by which the tail sampler tells what is worth keeping. */
const INTEREST = 'syntropism.interest'
const PREFIX_LENGTH = 24

/** Span id that the economy derived for a thing of this event's trace. */
const derived = (event: EconomyEvent, key: string): string =>
  childTrace({ event_id_prefix: event.event_id.slice(0, PREFIX_LENGTH) }, event.traceparent, key).slice(36, 52)

/** A bid's time in the book: the root of the tree of what it leads to, or below the caller whose trace it goes on in. */
const bidPlaced: Story<'bid_placed'> = (book, event, ids) => {
  const { data } = event
  const caller = traceIdsOf(data.caller_traceparent ?? '')
  const within = caller !== null && caller.trace_id === ids.trace_id && !book.contexts.claimRoot(caller.span_id, ids.span_id)
  const span = book.keep(book.begin(event, { ids, parent: within ? book.contexts.holderOf(caller.span_id) : null }, Kind.CHAIN, `bid of ${data.agent_id}`))
  if (caller !== null && caller.trace_id !== ids.trace_id && !book.contexts.isUnclaimed(caller.span_id))
    span.links.push({ ...caller, span_id: book.contexts.holderOf(caller.span_id) })
  Object.assign(span.attributes, inputOf({ bundle: data.bundle, offer: data.total_cost, payer: data.payer_id }), {
    'syntropism.amount_micro': data.total_cost_micro,
    'syntropism.bid_id': data.bid_id,
    'syntropism.standing': data.standing,
  })
}

const bidRejected: Story<'bid_rejected'> = (book, event, ids) => {
  const told = (span: OpenSpan): void => void Object.assign(span.attributes, outputOf(event.data), { [INTEREST]: 'bid_rejected' })
  if (event.data.bid_id === null || !book.end(ids.span_id, event, told)) book.tell(event, ids, told)
}

const bidWithdrawn: Story<'bid_withdrawn'> = (book, event, ids) => {
  const told = (span: OpenSpan): void => void Object.assign(span.attributes, outputOf({ withdrawn: event.data.reason }))
  if (!book.end(ids.span_id, event, told)) book.tell(event, ids, told)
}

/** A won bid: its part in the clearing, and below that the window it bought, open until the program's end. */
const allocated: Story<'resources_allocated'> = (book, event, ids) => {
  const { data } = event
  const bid = derived(event, data.bid_id)
  const clearing = data.clearing_id === null ? bid : derived(event, `${data.clearing_id} ${data.bid_id}`)
  const isSlot = data.quantities.cpu === 0 && data.quantities.attention > 0
  const won = outputOf({ clearing: data.clearing_id, paid: data.cost, window: data.lease_id })
  // A prompt's bid waits on until a human has judged it.
  if (isSlot) book.note(bid, event)
  else book.end(bid, event, (span) => Object.assign(span.attributes, won))
  if (data.clearing_id !== null) {
    const span = book.begin(event, { ids: { span_id: clearing, trace_id: ids.trace_id }, parent: bid }, Kind.CHAIN, 'clearing')
    Object.assign(span.attributes, won, { 'syntropism.bid_id': data.bid_id, 'syntropism.clearing_id': data.clearing_id })
    book.point(event, span)
    book.addPart(data.clearing_id, span.ids)
  }
  const window = book.begin(event, { ids, parent: clearing }, isSlot ? Kind.CHAIN : Kind.AGENT, isSlot ? 'attention slot' : data.agent_id)
  Object.assign(window.attributes, inputOf({ bundle: data.bundle, paid: data.cost, payload: data.payload ?? null }), {
    'syntropism.amount_micro': data.cost_micro,
    'syntropism.bid_id': data.bid_id,
    'syntropism.executor_id': data.executor_id ?? '',
    'syntropism.lease_id': data.lease_id,
    'syntropism.payer_id': data.payer_id,
  })
  if (isSlot) book.point(event, window)
  else {
    book.keep(window)
    book.openWindow(data.agent_id, ids.span_id)
  }
}

const terminated: Story<'execution_terminated'> = (book, event, ids) => {
  const { agent_id: _agent, bid_id: _bid, detail, entry_ids: _entries, execution_id: _execution, ...receipt } = event.data
  const told = (span: OpenSpan): void => {
    Object.assign(span.attributes, { [S.METADATA]: textOf(receipt), 'syntropism.cause': receipt.cause, 'syntropism.detail': detail })
    if (span.attributes[S.OUTPUT_VALUE] === undefined) Object.assign(span.attributes, outputOf({ cause: receipt.cause, exit_code: receipt.exit_code }))
    if (receipt.cause === 'completed') return
    span.error = receipt.cause
    span.attributes[INTEREST] = receipt.cause
  }
  if (!book.end(ids.span_id, event, told)) book.tell(event, ids, told)
}

/** What an agent thinks goes onto its window's span, as an event there and as attributes. */
function mind<T extends 'code_change_applied' | 'code_change_proposed' | 'reasoning_trace' | 'reflection'>(output: (data: Of<T>['data']) => unknown): Story<T> {
  return (book, told, ids) => {
    const event = told as EconomyEvent
    const window = book.windowOf(event.agent_id)
    const kept = {
      [`syntropism.${event.type}`]: textOf(event.data),
      ...(event.type === 'reasoning_trace' ? { 'syntropism.decision': event.data.decision } : {}),
    }
    if (!book.note(window, event, kept)) book.tell(event, ids, (span) => Object.assign(span.attributes, kept))
    else book.change(window, (span) => Object.assign(span.attributes, kept, outputOf(output(told.data))))
  }
}

const toolInitiated: Story<'tool_call_initiated'> = (book, event, ids) => {
  const call = book.contexts.callOf(ids.span_id)
  const caller = traceIdsOf(call?.caller ?? '')
  const span = book.begin(event, { ids, parent: caller?.span_id ?? book.windowOf(event.agent_id) ?? null }, Kind.TOOL, event.data.tool_name)
  Object.assign(span.attributes, inputOf(event.data.parameters), { [S.TOOL_NAME]: event.data.tool_name, [S.TOOL_PARAMETERS]: textOf(event.data.parameters) })
  if (call !== undefined && call.caller !== call.window) span.attributes['syntropism.foreign_parent'] = true
  book.keep(span)
}

const toolCompleted: Story<'tool_call_completed'> = (book, event, ids) => {
  const { response, result } = event.data
  const told = (span: OpenSpan): void => {
    Object.assign(span.attributes, outputOf(response))
    if (result === 'success') return
    span.error = String(response.error ?? (response.status === undefined ? 'failure' : `status ${String(response.status)}`))
    if (span.error === 'credits_insufficient') span.attributes[INTEREST] = 'payment_required'
  }
  if (!book.end(ids.span_id, event, told)) book.tell(event, ids, told)
}

/** A call of a model: its bound and price when it was let through, its tokens and cost when it was settled. */
const llmAdmitted: Story<'llm_call_admitted'> = (book, event, ids) => {
  const { data } = event
  const caller = traceIdsOf(data.caller_traceparent ?? '')
  const isRoot = caller === null || book.contexts.claimRoot(caller.span_id, ids.span_id)
  const span = book.begin(event, { ids, parent: isRoot ? null : book.contexts.holderOf(caller.span_id) }, Kind.LLM, data.model)
  if (caller !== null && book.contexts.isForeign(caller.span_id)) span.attributes['syntropism.foreign_parent'] = true
  const content = book.contexts.contentOf(data.call_id)
  Object.assign(span.attributes, llmAttributes(data.model, data.upstream_id, content), {
    'syntropism.bound_micro_usd': data.bound_micro_usd,
    'syntropism.call_id': data.call_id,
    'syntropism.key_id': data.key_id ?? '',
  })
  book.keep(span)
}

const llmSettled: Story<'llm_call_settled'> = (book, event, ids) => {
  const { data } = event
  const told = (span: OpenSpan): void => {
    Object.assign(
      span.attributes,
      llmAttributes(data.model, data.upstream_id, book.contexts.contentOf(data.call_id)),
      { [S.LLM_COST_TOTAL]: data.cost_micro_usd / 1_000_000, 'syntropism.cost_micro_usd': data.cost_micro_usd, 'syntropism.estimated': data.estimated },
      data.usage === null ? {} : tokensOf(data.usage),
    )
    if (data.finish !== 'completed') span.error = data.finish
  }
  if (!book.end(ids.span_id, event, told)) book.tell(event, ids, told)
}

/** A span of its own that shows what the event says. */
const plainly = (book: SpanBook, event: EconomyEvent, ids: TraceIds): void =>
  book.tell(event, ids, (span) => Object.assign(span.attributes, outputOf(event.data)))

/** What a call does on the side is written on the call's span. */
const ofTheCall = (book: SpanBook, event: EconomyEvent, ids: TraceIds): void => {
  if (!book.note(ids.span_id, event)) plainly(book, event, ids)
}

const transferred: Story<'credits_transferred'> = (book, event, ids) => {
  const { data } = event
  const name = data.to_account === 'burn' ? 'burn' : data.from_account === 'mint' ? 'mint' : 'transfer'
  book.tell(
    event,
    ids,
    (span) =>
      Object.assign(span.attributes, outputOf({ amount: data.amount, from: data.from_agent, purpose: data.purpose, to: data.to_agent }), {
        'syntropism.amount_micro': data.amount_micro,
        'syntropism.entry_id': data.entry_id,
        'syntropism.purpose': data.purpose,
        'syntropism.transfer_id': data.transfer_id,
      }),
    Kind.CHAIN,
    `${name}: ${data.purpose.slice(0, 64)}`,
  )
}

const promptFiled: Story<'prompt_filed'> = (book, event, ids) => {
  book.prompts.set(event.data.prompt_id, event.data.content)
  book.tell(event, ids, (span) => Object.assign(span.attributes, inputOf(event.data.content), { 'syntropism.prompt_id': event.data.prompt_id }))
}

const promptEnded: Story<'prompt_ended'> = (book, event, ids) => {
  const told = (span: OpenSpan): void => void Object.assign(span.attributes, outputOf({ ended: event.data.reason }))
  const judged = event.data.reason === 'scored' || event.data.reason === 'skipped'
  if (judged ? !book.end(ids.span_id, event, told) : !book.note(ids.span_id, event)) book.tell(event, ids, told)
}

const judged: Story<'human_reward_issued'> = (book, event, ids) => {
  const { data } = event
  const { interesting, understandable, useful } = data.scores
  book.tell(
    event,
    ids,
    (span) =>
      Object.assign(
        span.attributes,
        inputOf(book.prompts.get(data.prompt_id) ?? { prompt: data.prompt_id }),
        outputOf({ reason: data.reason, ...data.scores }),
        {
          'syntropism.amount_micro': data.credits_awarded_micro,
          'syntropism.human_id': data.human_id,
          'syntropism.prompt_id': data.prompt_id,
          'syntropism.scores.interesting': interesting,
          'syntropism.scores.understandable': understandable,
          'syntropism.scores.useful': useful,
        },
      ),
    Kind.EVALUATOR,
    'human scores',
  )
}

const evaluated: Story<'judge_evaluation'> = (book, event, ids) => {
  const { agent_actions, agent_reasoning, ...verdict } = event.data
  book.tell(
    event,
    ids,
    (span) => Object.assign(span.attributes, inputOf({ agent_actions, agent_reasoning }), outputOf(verdict)),
    Kind.EVALUATOR,
    'judge evaluation',
  )
}

const LINKS_MAX = 256
/** The clearing as a whole stands in the beat's own trace and points to its part in each winner's tree. */
const cleared: Story<'market_cleared'> = (book, event, ids) => {
  const { certificate } = event.data
  const told = (span: OpenSpan): void => {
    Object.assign(span.attributes, outputOf({ ...certificate, winners: certificate.winners.length }), { 'syntropism.clearing_id': certificate.clearing_id })
    for (const winner of book.partsOf(certificate.clearing_id).slice(0, LINKS_MAX)) span.links.push(winner)
  }
  book.tell(event, ids, told, Kind.CHAIN, 'market clearing')
}

const died: Story<'agent_died'> = (book, event, ids) =>
  book.tell(event, ids, (span) => Object.assign(span.attributes, outputOf(event.data), { [INTEREST]: 'death' }))

const priced: Story<'price_update'> = (book, event, ids) =>
  book.tell(
    event,
    ids,
    (span) => Object.assign(span.attributes, outputOf(event.data), { 'syntropism.resource': event.data.resource }),
    Kind.CHAIN,
    'price update',
  )

/** How each event is told. One that is not here becomes a span of its own below its context. */
const STORIES: { readonly [T in EventType]?: Story<T> } = {
  agent_died: died,
  balance_queried: ofTheCall,
  bid_placed: bidPlaced,
  bid_raised: ofTheCall,
  bid_rejected: bidRejected,
  bid_withdrawn: bidWithdrawn,
  code_change_applied: mind((data) => data),
  code_change_proposed: mind((data) => data.change_description),
  credits_transferred: transferred,
  execution_started: ofTheCall,
  execution_terminated: terminated,
  human_reward_issued: judged,
  judge_evaluation: evaluated,
  llm_call_admitted: llmAdmitted,
  llm_call_settled: llmSettled,
  market_cleared: cleared,
  message_sent: ofTheCall,
  messages_taken: ofTheCall,
  price_update: priced,
  prompt_ended: promptEnded,
  prompt_filed: promptFiled,
  reasoning_trace: mind((data) => data.decision),
  reflection: mind((data) => `${data.outcome_assessment}: ${data.what_worked} ${data.what_failed}`.trim()),
  resources_allocated: allocated,
  service_registered: ofTheCall,
  service_removed: ofTheCall,
  standing_bid_set: ofTheCall,
  tool_call_admitted: ofTheCall,
  tool_call_completed: toolCompleted,
  tool_call_initiated: toolInitiated,
  tool_call_settled: ofTheCall,
  tool_call_started: ofTheCall,
}

/** Tells one event as its story has it, without one as a span of its own. Events come in the order of the journal. */
export function tellEvent(book: SpanBook, event: EconomyEvent): void {
  const ids = book.admit(event)
  if (ids === null) return
  const story = STORIES[event.type] as Story<EventType> | undefined
  if (story === undefined) plainly(book, event, ids)
  else story(book, event, ids)
}
