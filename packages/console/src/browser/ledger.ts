import { type TemplateResult, html, nothing } from 'lit-html'
import { read } from './api.ts'
import { flowsCard, readFlows } from './flows.ts'
import { amount, clock, counted, credits, dayAndTime, roughly, words } from './format.ts'
import { attempt, changed, load, refreshing, store, together } from './store.ts'
import { eventsAround, trace, traceIdOf } from './trace.ts'
import type { View } from './view.ts'

interface Movement {
  readonly amount_micro: number
  readonly at_ms: number
  readonly from_account: string
  readonly from_agent: string
  readonly purpose: string
  readonly seq: number
  readonly to_account: string
  readonly to_agent: string
  readonly transfer_id: string
}

const PAGE = 100
let account = ''
let movements: Movement[] = []
/** Older pages that were asked for; they do not change. */
let older: Movement[] = []
let isEnd = false
let past: { balance_micro: number; held_micro: number; seq: number } | null = null
/** Traces that were asked for, by sequence number; '' where there is none. */
let traces = new Map<number, string>()

const historyOf = (limit: number, beforeSeq?: number): Promise<{ transfers: Movement[] }> =>
  read(`/economic/history/${encodeURIComponent(account)}?limit=${limit}${beforeSeq === undefined ? '' : `&before_seq=${beforeSeq}`}`)

async function refresh(): Promise<void> {
  if (account === '') return
  movements = (await historyOf(PAGE)).transfers
  if (movements.length < PAGE) isEnd = true
}

function open(name: string): void {
  account = name
  movements = []
  older = []
  isEnd = false
  past = null
  traces = new Map()
}

const card = (label: string, micro: number | undefined, note: string): TemplateResult =>
  html`<div class="card"><p class="label">${label}</p><p class="figure" title=${micro === undefined ? '' : credits(micro)}>${micro === undefined ? '–' : roughly(micro)}</p><p class="quiet">${note}</p></div>`

function supply(): TemplateResult {
  const e = store.economy
  const whole = (e?.granted_micro ?? 0) + (e?.rewarded_micro ?? 0)
  return html`
    <div class="cards">
      ${card('In circulation', e?.circulating_micro, 'minted − burned')}
      ${card('Granted', e?.granted_micro, 'genesis and the operator')}
      ${card('Rewarded', e?.rewarded_micro, 'scores of humans')}
      ${card('Burned', e?.burned_micro, whole === 0 ? '' : `${(((e?.burned_micro ?? 0) / whole) * 100).toFixed(1)} % of all that was minted`)}
      ${card('Free', e?.agents_micro, counted(e?.living_agents ?? 0, 'living agent'))}
      ${card('In holds', e?.held_micro, 'bids, prompts, invocations')}
    </div>
    <p class="quiet check">${e !== null && e.circulating_micro === e.agents_micro + e.held_micro ? html`<span class="good" aria-hidden="true">✓</span> Conserved: circulation = free balances + holds.` : 'Reading…'}</p>
  `
}

const party = (agent: string, kind: string): TemplateResult =>
  ['mint', 'burn'].includes(agent)
    ? html`<span class="quiet">${agent}</span>`
    : html`<a href="#/agents/${agent}">${agent}</a>${kind === 'holds' ? ' (held)' : ''}`

function chooseAccount(event: SubmitEvent): void {
  event.preventDefault()
  open(String(new FormData(event.target as HTMLFormElement).get('account') ?? '').trim())
  attempt(async () => {
    await refresh()
    return ''
  })
}

function askPast(event: SubmitEvent): void {
  event.preventDefault()
  const data = new FormData(event.target as HTMLFormElement, event.submitter)
  const time = String(data.get('time') ?? '')
  const query =
    data.get('by') === 'time'
      ? `at_ms=${Number.isNaN(Date.parse(time)) ? Date.now() : Date.parse(time)}`
      : `seq=${encodeURIComponent(String(data.get('seq') ?? ''))}`
  attempt(async () => {
    past = await read(`/economic/balance/${encodeURIComponent(account)}/at?${query}`)
    changed()
    return ''
  })
}

function showTrace(seq: number): void {
  load(async () => {
    const found = (await eventsAround(seq, 0, 0)).find((event) => event.seq === seq)
    traces.set(seq, found === undefined ? '' : traceIdOf(found))
  })
}

function traceCell(seq: number): TemplateResult {
  const known = traces.get(seq)
  if (known === undefined) return html`<button class="small" @click=${() => showTrace(seq)} aria-label="Trace of event ${seq}">Trace</button>`
  return known === '' ? html`<span class="quiet">none</span>` : trace(known)
}

function more(): void {
  load(async () => {
    const last = older.at(-1) ?? movements.at(-1)
    const page = (await historyOf(PAGE, last?.seq ?? 0)).transfers
    older = [...older, ...page]
    if (page.length < PAGE) isEnd = true
  })
}

/** Signed for whom it is: what came in, what went out. */
function signed(one: Movement): TemplateResult {
  const isIn = one.to_agent === account && one.to_account === 'balance'
  return html`<td class="number ${isIn ? 'good' : ''}">${isIn ? '+' : '−'}${amount(one.amount_micro)}</td>`
}

const pastForm = (): TemplateResult => html`
  <form class="inline" @submit=${askPast}>
    <label>Balance at <input name="time" type="datetime-local" step="1" /></label><button name="by" value="time">Look back</button>
    <label>or after event # <input name="seq" type="number" min="0" placeholder="number" /></label><button name="by" value="seq">Look back</button>
  </form>
  <p role="status">${past === null ? nothing : html`After event <a href="#/events/${past.seq}">#${past.seq}</a>: <strong>${credits(past.balance_micro)}</strong> free, ${credits(past.held_micro)} in holds.`}</p>
`

const history = (): TemplateResult => {
  const seen = new Set(older.map((one) => one.transfer_id))
  const shown = [...movements.filter((one) => !seen.has(one.transfer_id)), ...older]
  return html`
    ${pastForm()}
    <div class="scroll" tabindex="0" role="region" aria-label="Movements of ${account}">
      <table>
        <thead><tr><th>event</th><th>time</th><th>from</th><th>to</th><th class="number">credits</th><th>purpose</th><th>trace</th></tr></thead>
        <tbody>
          ${shown.map(
            (one) => html`<tr>
              <td><a href="#/events/${one.seq}">#${one.seq}</a></td><td title=${dayAndTime(one.at_ms)}>${clock(one.at_ms)}</td><td>${party(one.from_agent, one.from_account)}</td><td>${party(one.to_agent, one.to_account)}</td>
              ${signed(one)}<td>${words(one.purpose)}</td><td>${traceCell(one.seq)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${isEnd ? html`<p class="quiet">${shown.length} movements: all there are.</p>` : html`<p><button @click=${more}>Older movements</button></p>`}
  `
}

/** Supply, where credits flow, any account's history and its balance at a past moment. */
export const ledgerView: View = {
  draw: () => html`
    <h1>Ledger</h1>
    ${supply()}
    ${flowsCard()}
    <section class="card" aria-labelledby="account-title">
      <h2 id="account-title">Account${account === '' ? '' : html` of <a href="#/agents/${account}">${account}</a>`}</h2>
      <form class="inline" @submit=${chooseAccount}>
        <label>Agent <input name="account" required maxlength="64" spellcheck="false" .value=${account} /></label><button>Show</button>
      </form>
      ${account === '' ? html`<p class="quiet">Name an agent to see its movements and past balances.</p>` : history()}
    </section>
  `,
  enter(argument) {
    if (argument !== '' && argument !== account) open(argument)
    const moved = ({ type }: { type: string }): boolean => type === 'credits_transferred' || type === 'transfers_posted'
    return together(refreshing(refresh, moved), refreshing(readFlows, moved, 5000))
  },
}
