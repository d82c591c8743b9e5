import type { EconomyEvent } from '@syntropism/contract'
import { type TemplateResult, html, nothing } from 'lit-html'
import { describe } from './describe.ts'
import { clock, count, dayAndTime } from './format.ts'
import { attempt, changed, store } from './store.ts'
import { eventsAround, trace, traceIdOf } from './trace.ts'
import { type View, bringIntoSight } from './view.ts'

const SHOWN = 100
/** Events looked at around one for what it came from and what came of it. */
const AROUND = 400
const RELATED_MAX = 40

let type = ''
let agent = ''
/** The feed as it was when somebody began to look closely: by the button, or with the pointer or the focus in it. */
let frozen: EconomyEvent[] | null = null
let isHeld = false
let chosen: EconomyEvent | null = null
let sameCause: readonly EconomyEvent[] = []
let before: readonly EconomyEvent[] = []
let after: readonly EconomyEvent[] = []

const matches = (event: EconomyEvent): boolean => event.type.includes(type) && (agent === '' || event.agent_id === agent)

/** Names of things that one event makes and another one speaks of. */
const THINGS = ['bid_id', 'call_id', 'clearing_id', 'execution_id', 'invocation_id', 'lease_id', 'message_id', 'prompt_id'] as const
/** Ids of things in an event. A window is one thing under two names. */
function thingsIn({ data }: EconomyEvent): string[] {
  const fields = data as Readonly<Record<string, unknown>>
  return THINGS.flatMap((name) => (typeof fields[name] === 'string' ? [fields[name]] : []))
}

/** What an event came from and what came of it: events of the same cause, and earlier and later ones about the same things. */
async function choose(seq: number): Promise<void> {
  const around = await eventsAround(seq, AROUND, AROUND)
  chosen = around.find((event) => event.seq === seq) ?? null
  const of = chosen
  sameCause = of === null ? [] : around.filter((event) => event.cause_id === of.cause_id)
  const things = new Set(of === null ? [] : thingsIn(of))
  const related = around.filter((event) => of !== null && event.cause_id !== of.cause_id && thingsIn(event).some((id) => things.has(id)))
  before = related.filter((event) => event.seq < seq).slice(-RELATED_MAX)
  after = related.filter((event) => event.seq > seq).slice(0, RELATED_MAX)
  changed()
}
function open(seq: number): void {
  attempt(async () => {
    await choose(seq)
    bringIntoSight('.split.even > .card')
    return chosen === null ? `There is no event #${seq}.` : ''
  })
}

const go = (event: EconomyEvent): void => {
  history.replaceState(null, '', `#/events/${event.seq}`)
  open(event.seq)
}

const line = (event: EconomyEvent): TemplateResult => html`
  <li>
    <button class="row event" aria-pressed=${event.seq === chosen?.seq ? 'true' : 'false'} @click=${() => go(event)}>
      <span class="seq">#${event.seq}</span> <time>${clock(event.at_ms)}</time> <strong>${event.type}</strong> <span class="said">${describe(event)}</span>
    </button>
  </li>
`

const few = (label: string, events: readonly EconomyEvent[]): TemplateResult | typeof nothing =>
  events.length === 0
    ? nothing
    : html`<h3>${label}</h3><ol class="list">${events.map((one) => html`<li><button class="row" aria-pressed=${one.seq === chosen?.seq ? 'true' : 'false'} @click=${() => go(one)}><span class="seq">#${one.seq}</span> <strong>${one.type}</strong> <span>${describe(one)}</span></button></li>`)}</ol>`

const closely = (event: EconomyEvent): TemplateResult => {
  const first = sameCause[0]
  return html`
    <section class="card" aria-labelledby="event-title">
      <div class="title-row"><h2 id="event-title">#${event.seq} ${event.type}</h2><a class="close" href="#/events" aria-label="Close event ${event.seq}">✕</a></div>
      <p>${describe(event)}</p>
      <dl>
        <dt>time</dt><dd>${dayAndTime(event.at_ms)}</dd>
        <dt>cause</dt><dd>${event.cause_id}${first === undefined || first.seq === event.seq ? nothing : html` · <button class="small" @click=${() => go(first)}>Jump to its first event, #${first.seq}</button>`}</dd>
        ${event.agent_id === '' ? nothing : html`<dt>agent</dt><dd><a href="#/agents/${event.agent_id}">${event.agent_id}</a></dd>`}
        ${event.traceparent === '' ? nothing : html`<dt>trace</dt><dd>${trace(traceIdOf(event))}</dd>`}
      </dl>
      ${few('What it came from', before)}
      ${few('Of the same cause, in order', sameCause)}
      ${few('What came of it', after)}
      <details><summary>data</summary><pre tabindex="0"><code>${JSON.stringify(event.data, null, 2)}</code></pre></details>
    </section>
  `
}

function hold(on: boolean): void {
  isHeld = on
  frozen = on ? [...store.events] : null
  changed()
}
/** Nothing moves away below a pointer or a focus. */
const pause = (): void => {
  frozen ??= [...store.events]
}
function goOn(list: HTMLElement): void {
  if (isHeld || list.matches(':hover') || list.contains(document.activeElement)) return
  frozen = null
  changed()
}

/** The focus has its new place only after the event that tells of its leaving. */
function leave(event: Event): void {
  const list = event.currentTarget as HTMLElement
  queueMicrotask(() => goOn(list))
}

function note(): string {
  if (frozen === null) return ''
  const missed = store.last_seq - (frozen.at(-1)?.seq ?? store.last_seq)
  return missed === 0 ? 'Held while you look.' : `Held while you look: ${count(missed)} newer.`
}

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
        <button aria-pressed=${isHeld ? 'true' : 'false'} @click=${() => hold(!isHeld)}>${isHeld ? 'Go on' : 'Hold'}</button>
      </div>
      ${store.gaps > 0 ? html`<p class="notice">${store.gaps} events were passed over.</p>` : nothing}
      <p class="quiet held">${note()}</p>
      <div class=${chosen === null ? '' : 'split even'}>
        ${
          shown.length === 0
            ? html`<p class="card empty">${store.events.length === 0 ? 'No events yet.' : 'No event of the last ones fits these filters.'}</p>`
            : html`<ol class="list feed" aria-label="Newest first" @pointerenter=${pause} @focusin=${pause} @pointerleave=${(event: Event) => goOn(event.currentTarget as HTMLElement)} @focusout=${leave}>${shown.map(line)}</ol>`
        }
        ${chosen === null ? nothing : closely(chosen)}
      </div>
    `
  },
  enter(argument) {
    if (/^\d+$/.test(argument)) open(Number(argument))
    else chosen = null
    return () => {
      if (!isHeld) frozen = null
    }
  },
}
