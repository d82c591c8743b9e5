import type { EconomyEvent } from '@syntropism/contract'
import { type TemplateResult, html, nothing } from 'lit-html'
import { read } from './api.ts'
import { describe } from './describe.ts'
import { clock } from './format.ts'
import { attempt, changed, store } from './store.ts'
import type { View } from './view.ts'

const SHOWN = 100
let type = ''
let agent = ''
let frozen: EconomyEvent[] | null = null
let chosen: EconomyEvent | null = null
let sameCause: EconomyEvent[] = []

const matches = (event: EconomyEvent): boolean => event.type.includes(type) && (agent === '' || event.agent_id === agent)

/** Every event of the chosen one's cause: what it came from and what came of it, in order. */
function choose(event: EconomyEvent | null): void {
  chosen = event
  sameCause = event === null ? [] : store.events.filter((one) => one.cause_id === event.cause_id)
  changed()
}

function chooseSeq(seq: number): void {
  const known = store.events.find((event) => event.seq === seq)
  if (known !== undefined) return choose(known)
  attempt(async () => {
    const { events } = await read<{ events: EconomyEvent[] }>(`/events?after_seq=${Math.max(0, seq - 1)}&limit=100`)
    choose(events.find((event) => event.seq === seq) ?? null)
    sameCause = events.filter((event) => event.cause_id === chosen?.cause_id)
    return chosen === null ? `There is no event #${seq}.` : ''
  })
}

const line = (event: EconomyEvent): TemplateResult => html`
  <li>
    <button class="row event" aria-pressed=${event.seq === chosen?.seq ? 'true' : 'false'} @click=${() => choose(event)}>
      <span class="seq">#${event.seq}</span> <time>${clock(event.at_ms)}</time> <strong>${event.type}</strong> <span>${describe(event)}</span>
    </button>
  </li>
`

/** A trace's id, as a link into Phoenix where one is known. */
function trace(id: string): TemplateResult {
  const base = store.who.phoenix_url
  const code = html`<code>${id}</code>`
  return base === undefined ? code : html`<a href="${base.replace(/\/+$/, '')}/redirects/traces/${id}" target="_blank" rel="noreferrer">${code} in Phoenix</a>`
}

const closely = (event: EconomyEvent): TemplateResult => html`
  <section class="card" aria-labelledby="event-title">
    <h2 id="event-title">#${event.seq} ${event.type}</h2>
    <p>${describe(event)}</p>
    <dl>
      <dt>cause</dt><dd>${event.cause_id}</dd>
      ${event.agent_id === '' ? nothing : html`<dt>agent</dt><dd><a href="#/agents/${event.agent_id}">${event.agent_id}</a></dd>`}
      ${event.traceparent === '' ? nothing : html`<dt>trace</dt><dd>${trace(event.traceparent.split('-')[1] ?? '')}</dd>`}
    </dl>
    <h3>Of the same cause, in order</h3>
    <ol class="list">${sameCause.map((one) => html`<li><button class="row" aria-pressed=${one.seq === event.seq ? 'true' : 'false'} @click=${() => choose(one)}>#${one.seq} <strong>${one.type}</strong> <span>${describe(one)}</span></button></li>`)}</ol>
    <details><summary>data</summary><pre tabindex="0"><code>${JSON.stringify(event.data, null, 2)}</code></pre></details>
  </section>
`

/** The live feed with filters; an event closely, with its cause and effects. */
export const eventsView: View = {
  draw() {
    const shown = (frozen ?? store.events).filter(matches).slice(-SHOWN).reverse()
    return html`
      <div class="title-row">
        <h1>Events</h1>
        <label>Type <input type="search" .value=${type} placeholder="price, bid, agent_died …" @input=${(event: Event) => {
          type = (event.target as HTMLInputElement).value.trim()
          changed()
        }} /></label>
        <label>Agent <input type="search" .value=${agent} @input=${(event: Event) => {
          agent = (event.target as HTMLInputElement).value.trim()
          changed()
        }} /></label>
        <button aria-pressed=${frozen === null ? 'false' : 'true'} @click=${() => {
          frozen = frozen === null ? [...store.events] : null
          changed()
        }}>${frozen === null ? 'Hold' : 'Go on'}</button>
      </div>
      ${store.gaps > 0 ? html`<p class="notice">${store.gaps} events were passed over.</p>` : nothing}
      <div class=${chosen === null ? '' : 'split even'}>
        <ol class="list feed" aria-label="Newest first">${shown.map(line)}</ol>
        ${chosen === null ? nothing : closely(chosen)}
      </div>
    `
  },
  enter(argument) {
    if (/^\d+$/.test(argument)) chooseSeq(Number(argument))
    return () => undefined
  },
}
