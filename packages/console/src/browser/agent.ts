import { type TemplateResult, html, nothing } from 'lit-html'
import { Refusal, read } from './api.ts'
import { bar, lineChart } from './charts.ts'
import { amount, clock, count, counted, credits, dayAndTime, dollars, percent, span, words } from './format.ts'
import { orders } from './orders.ts'
import { store } from './store.ts'
import { type Turn, turnsList } from './why.ts'
import { readWorkspace, workspaceList } from './workspace.ts'

export interface AgentRow {
  readonly agent_id: string
  readonly balance_micro: number
  readonly children: number
  readonly earned_micro: number
  readonly held_micro: number
  readonly parent_id: string | null
  readonly paused: boolean
  readonly status: string
  readonly status_reason: string
  readonly windows: number
}
interface Receipt {
  readonly at_ms: number
  readonly cause: string
  readonly cpu_ms_granted: number
  readonly cpu_ms_used: number
  readonly elapsed_ms: number
  readonly execution_id: string
  readonly memory_peak_mb: number
  readonly paid_micro: number
  readonly refunded_micro: number
  readonly seq: number
}
interface Message {
  readonly at_ms: number
  readonly body: Readonly<Record<string, unknown>>
  readonly from_agent: string
  readonly kind: string
  readonly seq: number
}
interface StandingBid {
  readonly bundle: Readonly<Record<string, number>>
  readonly duration_ms: number
  readonly limit_micro: number
  readonly margin_ppm: number
  readonly pause_ms: number
}
interface Detail extends Omit<AgentRow, 'children'> {
  readonly children: readonly { agent_id: string; status: string }[]
  readonly curve: readonly { balance_micro: number; seq: number }[]
  readonly inbox: number
  readonly inbox_messages: readonly Message[]
  readonly lineage: readonly string[]
  readonly llm: { readonly budget_left_micro_usd: number | null; readonly budget_of: string | null; readonly calls: number; readonly spent_micro_usd: number }
  readonly receipts: readonly Receipt[]
  readonly services: readonly { cost_micro: number; payment: string; service_name: string }[]
  readonly standing_bid: StandingBid | null
  readonly turns: readonly Turn[]
}

let detail: Detail | null = null
/** Who was asked for and is nobody. */
let missing = ''

export async function readAgent(id: string): Promise<void> {
  try {
    detail = await read<Detail>(`/agents/${encodeURIComponent(id)}`)
    missing = ''
  } catch (error) {
    if (!(error instanceof Refusal && error.status === 404)) throw error
    missing = id
    return
  }
  await readWorkspace(id)
}

export const stateOf = (row: { readonly paused: boolean; readonly status: string }): TemplateResult =>
  html`<span class="state ${row.status}">${row.status}</span>${row.paused ? html` <span class="state paused">paused</span>` : nothing}`

/** Something was returned of few windows: the column is there where it says something. */
const isReturned = (one: Detail): boolean => one.receipts.some((receipt) => receipt.refunded_micro > 0)

const receipts = (one: Detail): TemplateResult =>
  one.receipts.length === 0
    ? html`<p class="quiet">No window has ended yet.</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="Receipts">
        <table>
          <thead><tr><th>window</th><th>ended</th><th>end</th><th class="number">ran</th><th class="number">cpu used</th><th class="number">peak</th><th class="number">paid</th>${isReturned(one) ? html`<th class="number">returned</th>` : nothing}</tr></thead>
          <tbody>
            ${one.receipts.map(
              (
                receipt,
              ) => html`<tr><td><a href="#/events/${receipt.seq}">${receipt.execution_id}</a></td><td title=${dayAndTime(receipt.at_ms)}>${clock(receipt.at_ms)}</td><td>${words(receipt.cause)}</td><td class="number">${span(receipt.elapsed_ms)}</td>
                <td class="number">${receipt.cpu_ms_granted === 0 ? '–' : percent((receipt.cpu_ms_used / receipt.cpu_ms_granted) * 1_000_000)}</td><td class="number">${count(receipt.memory_peak_mb)} MB</td>
                <td class="number">${amount(receipt.paid_micro)}</td>${isReturned(one) ? html`<td class="number">${amount(receipt.refunded_micro)}</td>` : nothing}</tr>`,
            )}
          </tbody>
        </table>
      </div>`

/** The words of a message, whatever its kind. */
const textOf = (body: Message['body']): string => (typeof body.content === 'string' ? body.content : JSON.stringify(body.request ?? body))

const inbox = (one: Detail): TemplateResult =>
  one.inbox === 0
    ? html`<p class="quiet">The inbox is empty.</p>`
    : html`<ol class="list">${one.inbox_messages.map(
        (message) =>
          html`<li class="message"><p class="quiet">${clock(message.at_ms)} · ${message.kind} from ${message.from_agent} · <a href="#/events/${message.seq}">#${message.seq}</a></p><p dir="auto">${textOf(message.body)}</p></li>`,
      )}</ol>${one.inbox > one.inbox_messages.length ? html`<p class="quiet">${one.inbox - one.inbox_messages.length} more.</p>` : nothing}`

function spend({ llm }: Detail): TemplateResult {
  if (llm.budget_left_micro_usd === null)
    return html`<p>${dollars(llm.spent_micro_usd)} in ${count(llm.calls)} calls <span class="quiet">no budget of its own or of its line limits it</span></p>`
  const whole = llm.spent_micro_usd + llm.budget_left_micro_usd
  return html`<p>${dollars(llm.spent_micro_usd)} in ${count(llm.calls)} calls, ${dollars(llm.budget_left_micro_usd)} left${llm.budget_of === null ? nothing : html` in the budget of <a href="#/agents/${llm.budget_of}">${llm.budget_of}</a>`}</p>
    ${bar(whole === 0 ? 0 : (llm.spent_micro_usd / whole) * 1_000_000, `${dollars(llm.spent_micro_usd)} of ${dollars(whole)} spent`)}`
}

const standing = (bid: StandingBid | null): TemplateResult =>
  bid === null
    ? html`<span class="quiet">none</span>`
    : html`${Object.entries(bid.bundle)
        .map(([resource, share]) => `${resource} ${percent(share)}`)
        .join(
          ', ',
        )} for ${span(bid.duration_ms)}, up to ${credits(bid.limit_micro)} credits, ${percent(bid.margin_ppm)} over reserve, every ${span(bid.pause_ms)}`

const facts = (one: Detail): TemplateResult => html`
  <dl>
    <dt>Free</dt><dd><strong>${credits(one.balance_micro)}</strong> credits, ${credits(one.held_micro)} in holds · <a href="#/ledger/${one.agent_id}">movements</a></dd>
    <dt>Earned</dt><dd>${credits(one.earned_micro)} credits in ${counted(one.windows, 'window')}</dd>
    <dt>Standing bid</dt><dd>${standing(one.standing_bid)}</dd>
    <dt>Lineage</dt><dd>${one.lineage.length === 0 ? 'first of its line' : one.lineage.map((id, index) => html`${index === 0 ? '' : ' ← '}<a href="#/agents/${id}">${id}</a>`)}</dd>
    ${one.children.length === 0 ? nothing : html`<dt>Children</dt><dd>${one.children.map((child, index) => html`${index === 0 ? '' : ', '}<a href="#/agents/${child.agent_id}">${child.agent_id}</a> (${child.status})`)}</dd>`}
    ${one.services.length === 0 ? nothing : html`<dt>Services</dt><dd>${one.services.map((service, index) => html`${index === 0 ? '' : ', '}${service.service_name} for ${credits(service.cost_micro)} credits (${words(service.payment)})`)}</dd>`}
  </dl>
`

/** One agent closely; `after` is called when an order was given. */
export function agentCard(id: string, after: () => void): TemplateResult {
  const one = detail
  if (missing === id)
    return html`<section class="card empty"><p><strong>There is no agent ${id}.</strong></p><p class="quiet">Names are written as they stand in the list. <a href="#/agents">Back to all agents</a></p></section>`
  if (one === null || one.agent_id !== id) return html`<section class="card"><p class="quiet">Reading…</p></section>`
  return html`
    <section class="card" aria-labelledby="agent-title">
      <div class="title-row"><h2 id="agent-title">${one.agent_id} ${stateOf(one)}</h2><a class="close" href="#/agents" aria-label="Close ${one.agent_id}">✕</a></div>
      ${one.status_reason === '' ? nothing : html`<p class="quiet">${words(one.status_reason)}</p>`}
      ${lineChart(
        one.curve.map((point) => point.balance_micro),
        { format: credits, label: `Balance over the last movements, now ${credits(one.balance_micro)} credits` },
      )}
      ${facts(one)}
      ${store.who.role === 'operator' && one.status !== 'dead' ? orders(one.agent_id, one.paused, after) : nothing}
      <h3>Why it is as it is</h3>
      ${turnsList(one.turns)}
      <h3>Receipts</h3>
      ${receipts(one)}
      <h3>Spend on models</h3>
      ${spend(one)}
      <h3>Inbox <small>${one.inbox}</small></h3>
      ${inbox(one)}
      <h3>Workspace</h3>
      ${workspaceList()}
    </section>
  `
}
