import { type TemplateResult, html, nothing } from 'lit-html'
import { read } from './api.ts'
import { bar, lineChart } from './charts.ts'
import { amount, clock, count, counted, credits, percent, span } from './format.ts'
import { changed, refreshing, say } from './store.ts'
import { type View, bringIntoSight } from './view.ts'

interface Resource {
  readonly capacity: number
  readonly floor_micro_per_s: number
  readonly price_micro_per_s: number
  readonly resource: string
  readonly sold: number
  readonly utilisation_ppm: number
}
interface Bid {
  readonly agent_id: string
  readonly bid_id: string
  readonly bundle: Record<string, number>
  readonly duration_ms: number
  readonly offered_micro: number
  readonly payer_id: string
  readonly reserve_micro: number
  readonly standing: boolean
}
interface Certificate {
  readonly bids_count: number
  readonly book_hash: string
  readonly clearing_id: string
  readonly eligible_count: number
  readonly hash: string
  readonly lowest_winning_micro: number | null
  readonly mechanism: string
  readonly payment_rule: string
  readonly winners: readonly {
    agent_id: string
    bid_id: string
    executor_id: string | null
    lease_id: string
    offered_micro: number
    payer_id: string
    payment_micro: number
    quantities: Record<string, number>
  }[]
}
interface Clearing {
  readonly at_ms: number
  readonly certificate: Certificate
  readonly seq: number
}
interface Outcome {
  readonly bids: number
  readonly bound: number
  readonly gap: number
  readonly payments: Record<string, number>
  readonly revenue: number
  readonly welfare: number
  readonly winners: readonly string[]
}

const UNITS: Readonly<Record<string, string>> = { attention: 'slots', cpu: 'milli-cores', llm: 'micro-dollars/min', memory: 'MB' }
/** What a resource without capacity waits for. */
const HOW_OFFERED: Readonly<Record<string, string>> = {
  attention: ': nobody is on duty',
  cpu: ': no executor is there',
  llm: ': set llm.usd_per_minute in the configuration',
  memory: ': no executor is there',
}
const PAYMENTS: Readonly<Record<string, readonly string[]>> = {
  density: ['bid', 'critical', 'posted'],
  'density-sqrt': ['bid', 'critical', 'posted'],
  drf: ['bid', 'posted'],
  exact: ['bid', 'vcg', 'posted'],
  'highest-bid': ['bid', 'critical', 'uniform', 'posted'],
  shadow: ['bid', 'shadow', 'posted'],
}

let resources: Resource[] = []
let history = new Map<string, readonly number[]>()
let book: Bid[] = []
let clearings: Clearing[] = []
let chosen: Clearing | null = null
let mechanism = 'density'
let payments = 'bid'
let outcome: Outcome | null = null
/** Whether the chosen past clearing is cleared again, or the bids of now. */
let isPast = true

/** Whether somebody is about to choose: the list then stands still. */
function isUnderHand(): boolean {
  const list = document.querySelector('.clearings')
  return list !== null && (list.matches(':hover') || list.contains(document.activeElement))
}

async function refresh(): Promise<void> {
  const [state, open, cleared] = await Promise.all([
    read<{ resources: Resource[] }>('/market/state'),
    read<{ bids: Bid[] }>('/market/book'),
    read<{ clearings: Clearing[] }>('/market/clearings?limit=30'),
  ])
  resources = state.resources
  book = open.bids
  if (!isUnderHand()) clearings = cleared.clearings
  const lines = await Promise.all(
    resources.map(async ({ price_micro_per_s, resource }) => {
      const { prices } = await read<{ prices: { new_price_micro_per_s: number }[] }>(`/market/prices/history?resource=${resource}&limit=120`)
      return [resource, [...prices.map((one) => one.new_price_micro_per_s), price_micro_per_s]] as const
    }),
  )
  history = new Map(lines)
}

const shares = (bundle: Record<string, number>): string =>
  Object.entries(bundle)
    .map(([resource, share]) => `${resource} ${percent(share)}`)
    .join(', ')

const payer = ({ agent_id, payer_id }: { readonly agent_id: string; readonly payer_id: string }): TemplateResult =>
  agent_id === payer_id ? html`<span class="quiet">itself</span>` : html`<a href="#/agents/${payer_id}" title=${payer_id}>${payer_id}</a>`

const card = (one: Resource): TemplateResult => html`
  <section class="card resource" aria-label=${one.resource}>
    <h2>${one.resource}</h2>
    ${
      one.capacity === 0
        ? html`<p class="quiet">Not offered${HOW_OFFERED[one.resource] ?? ''}.</p>`
        : html`<p class="figure">${credits(one.price_micro_per_s)} <small>credits/s of the whole</small></p>
            ${lineChart(history.get(one.resource) ?? [], { format: credits, label: `Price of ${one.resource} over its last changes, now ${credits(one.price_micro_per_s)} credits a second` })}
            <p>${percent(one.utilisation_ppm)} sold <small>${count(one.sold)} of ${count(one.capacity)} ${UNITS[one.resource]}, floor ${credits(one.floor_micro_per_s)}</small></p>
            ${bar(one.utilisation_ppm, `${percent(one.utilisation_ppm)} sold`)}`
    }
  </section>
`

const certificate = ({ at_ms, certificate: one, seq }: Clearing): TemplateResult => html`
  <section class="card" aria-labelledby="certificate">
    <h3 id="certificate">Certificate of ${one.clearing_id}</h3>
    <p>
      ${clock(at_ms)}, <a href="#/events/${seq}">event #${seq}</a>. ${one.mechanism}, ${one.payment_rule}: ${counted(one.bids_count, 'open bid')}, ${one.eligible_count} eligible, ${one.winners.length}
      won; lowest winning bid ${one.lowest_winning_micro === null ? '–' : `${credits(one.lowest_winning_micro)} credits`}.
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Winners">
      <table>
        <thead><tr><th>winner</th><th>bid</th><th class="number">offered</th><th class="number">pays</th><th>payer</th><th>gets</th></tr></thead>
        <tbody>
          ${one.winners.map(
            (winner) => html`<tr>
              <td class="id"><a href="#/agents/${winner.agent_id}" title=${winner.agent_id}>${winner.agent_id}</a></td><td>${winner.bid_id}</td><td class="number">${amount(winner.offered_micro)}</td>
              <td class="number">${amount(winner.payment_micro)}</td><td class="id">${payer(winner)}</td>
              <td>${Object.entries(winner.quantities)
                .filter(([, quantity]) => quantity > 0)
                .map(([resource, quantity]) => `${count(quantity)} ${UNITS[resource]}`)
                .join(', ')}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="hash">book ${one.book_hash}<br />certificate ${one.hash}</p>
  </section>
`

function ask(): void {
  const past = isPast ? chosen : null
  read<Outcome>(`/market/what-if?mechanism=${mechanism}&payments=${payments}${past === null ? '' : `&clearing_seq=${past.seq}`}`).then(
    (answer) => {
      outcome = answer
      changed()
    },
    (error: unknown) => {
      outcome = null
      say(error instanceof Error ? error.message : String(error))
      changed()
    },
  )
}

const wouldPay = ({ payments: paid, winners }: Outcome): TemplateResult => html`
  <div class="scroll" tabindex="0" role="region" aria-label="Who would win">
    <table>
      <thead><tr><th>would win</th><th class="number">would pay</th></tr></thead>
      <tbody>${winners.map((id) => html`<tr><td>${id}</td><td class="number">${amount(paid[id] ?? 0)}</td></tr>`)}</tbody>
    </table>
  </div>
`

const whatIf = (): TemplateResult => html`
  <section class="card" aria-labelledby="what-if">
    <h2 id="what-if">What if</h2>
    <p class="quiet">Another mechanism, for the bids that are eligible now on the whole capacity as if nothing ran, or for a past clearing on what was for sale then. Changes nothing.</p>
    <form class="inline" @submit=${(event: Event) => {
      event.preventDefault()
      ask()
    }}>
      <label>Mechanism <select @change=${(event: Event) => {
        mechanism = (event.target as HTMLSelectElement).value
        payments = 'bid'
        changed()
      }}>${Object.keys(PAYMENTS).map((name) => html`<option value=${name} ?selected=${name === mechanism}>${name}</option>`)}</select></label>
      <label>Payments <select @change=${(event: Event) => {
        payments = (event.target as HTMLSelectElement).value
      }}>${(PAYMENTS[mechanism] ?? []).map((name) => html`<option value=${name} ?selected=${name === payments}>${name}</option>`)}</select></label>
      <label>Book <select @change=${(event: Event) => {
        isPast = (event.target as HTMLSelectElement).value === 'past'
      }}><option value="past" ?selected=${isPast} ?disabled=${chosen === null}>${chosen?.certificate.clearing_id ?? 'choose a clearing'}</option><option value="now" ?selected=${!isPast || chosen === null}>now</option></select></label>
      <button>Clear</button>
    </form>
    <p role="status">${
      outcome === null
        ? nothing
        : html`${counted(outcome.bids, 'bid')}: ${outcome.winners.length} would win; welfare ${credits(outcome.welfare)} credits, revenue ${credits(outcome.revenue)}, proven bound
          ${credits(outcome.bound)} (gap ${(outcome.gap * 100).toFixed(2)} %).`
    }</p>
    ${outcome === null || outcome.winners.length === 0 ? nothing : wouldPay(outcome)}
  </section>
`

const BOOK_SHOWN = 100

const openBook = (): TemplateResult => html`
  <div class="scroll" tabindex="0" role="region" aria-label="Open book">
    <table>
      <thead><tr><th>bid</th><th>agent</th><th>payer</th><th>wants</th><th class="number">for</th><th class="number">offers</th><th class="number">reserve</th><th>kind</th></tr></thead>
      <tbody>
        ${book.slice(0, BOOK_SHOWN).map(
          (bid) => html`<tr>
            <td>${bid.bid_id}</td><td class="id"><a href="#/agents/${bid.agent_id}" title=${bid.agent_id}>${bid.agent_id}</a></td><td class="id">${payer(bid)}</td><td>${shares(bid.bundle)}</td>
            <td class="number">${span(bid.duration_ms)}</td><td class="number">${amount(bid.offered_micro)}</td><td class="number">${amount(bid.reserve_micro)}</td>
            <td>${bid.standing ? 'standing' : 'fixed'}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>
`

/** Prices, the open book, clearings with their certificates, and what another mechanism would do. */
export const marketView: View = {
  draw: () => html`
    <h1>Market</h1>
    <div class="cards">${resources.map(card)}</div>
    <h2>Open book <small>${counted(book.length, 'bid')}${book.length > BOOK_SHOWN ? `, the first ${BOOK_SHOWN}` : ''}</small></h2>
    ${book.length === 0 ? html`<p class="quiet">No bid waits. Bids stand here from when they are placed until they win, lapse or are taken back.</p>` : openBook()}
    <div class="split">      <section aria-labelledby="clearings">
        <h2 id="clearings">Clearings</h2>
        ${clearings.length === 0 ? html`<p class="quiet">None yet: bids are cleared as soon as one can win.</p>` : nothing}
        <ol class="list clearings">
          ${clearings.map(
            (
              one,
            ) => html`<li><button class="row" aria-pressed=${chosen?.certificate.clearing_id === one.certificate.clearing_id ? 'true' : 'false'} @click=${() => {
              chosen = one
              changed()
              bringIntoSight('#certificate')
            }}>
              <strong>${one.certificate.clearing_id}</strong> <span class="number">${clock(one.at_ms)} · ${one.certificate.winners.length} of ${one.certificate.eligible_count} win</span>
            </button></li>`,
          )}
        </ol>
      </section>
      <div>
        ${chosen === null && clearings.length > 0 ? html`<p class="card empty">Choose a clearing to see its certificate: who won, what each pays, what would have won.</p>` : nothing}
        ${chosen === null ? nothing : certificate(chosen)}
        ${whatIf()}
      </div>
    </div>
  `,
  enter: () => refreshing(refresh, (event) => ['bid_placed', 'market_cleared', 'price_update', 'utilisation_changed', 'bid_withdrawn'].includes(event.type)),
}
