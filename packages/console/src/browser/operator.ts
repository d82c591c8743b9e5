import { type TemplateResult, html, nothing } from 'lit-html'
import { read, send } from './api.ts'
import { clock, count, counted, dayAndTime, words } from './format.ts'
import { attempt, changed, refreshing, store } from './store.ts'
import { rulesForm, takeParams } from './tuning.ts'
import type { View } from './view.ts'

interface Executor {
  readonly cpu_millicores: number
  readonly executor_id: string
  readonly leases: number
  readonly memory_mb: number
}
interface Around {
  readonly everyone_paused: boolean
  readonly executors: readonly Executor[]
  readonly paused_agents: readonly string[]
  readonly windows: number
}
interface Order {
  readonly action: string
  readonly agent_id: string | null
  readonly at_ms: number
  readonly details: object
  readonly ordered_by: string
  readonly reason: string
  readonly seq: number
}
interface Alert {
  readonly at_ms: number
  readonly evidence: readonly number[]
  readonly kind: string
  readonly text: string
}

let alerts: Alert[] = []
let around: Around | null = null
let past: Order[] = []
/** When somebody last looked at the alerts. */
let seenAtMs = 0

/** Alerts that nobody has looked at yet, for the way here. */
export const unseenAlerts = (): number => alerts.filter((alert) => alert.at_ms > seenAtMs).length
export async function readAlerts(): Promise<void> {
  alerts = (await read<{ alerts: Alert[] }>('/operator/alerts')).alerts
}

async function refresh(): Promise<void> {
  const [state, log, now] = await Promise.all([
    read<Around>('/operator/state'),
    read<{ orders: Order[] }>('/operator/orders'),
    read<{ params: Readonly<Record<string, unknown>> }>('/operator/rules'),
    readAlerts(),
  ])
  around = state
  past = log.orders
  takeParams(now.params)
}

function order(event: SubmitEvent, work: (data: FormData) => Promise<string>): void {
  event.preventDefault()
  const form = event.target as HTMLFormElement
  const data = new FormData(form, event.submitter)
  attempt(async () => {
    const said = await work(data)
    form.reset()
    await refresh()
    changed()
    return said
  })
}

const maintenance = (): TemplateResult => html`
  <form class="inline" @submit=${(event: SubmitEvent) =>
    order(event, async (data) => {
      const drains = around?.everyone_paused !== true
      await send(drains ? '/operator/drain' : '/operator/resume', {
        reason: String(data.get('reason')),
        ...(drains ? { end_now: data.get('end_now') !== null } : {}),
      })
      return drains ? 'No more windows are sold.' : 'Windows are sold again.'
    })}>
    <label>Why <input name="reason" required maxlength="256" /></label>
    ${around?.everyone_paused === true ? nothing : html`<label><input type="checkbox" name="end_now" /> end what runs</label>`}
    <button>${around?.everyone_paused === true ? 'Sell windows again' : 'Drain'}</button>
  </form>
`

const capacity = (one: Executor): TemplateResult => html`
  <form class="inline" @submit=${(event: SubmitEvent) =>
    order(event, async (data) => {
      await send(
        `/operator/executors/${encodeURIComponent(one.executor_id)}/capacity`,
        { cpu_millicores: Number(data.get('cpu')), memory_mb: Number(data.get('memory')), reason: String(data.get('reason')) },
        'PUT',
      )
      return `${one.executor_id} offers ${String(data.get('cpu'))} milli-cores and ${String(data.get('memory'))} MB.`
    })}>
    <strong>${one.executor_id}</strong>
    <label>Milli-cores <input name="cpu" type="number" min="0" required size="7" .value=${String(one.cpu_millicores)} /></label>
    <label>MB <input name="memory" type="number" min="0" required size="7" .value=${String(one.memory_mb)} /></label>
    <label>Why <input name="reason" required maxlength="256" /></label>
    <button>Offer</button>
  </form>
`

const stands = (state: Around): TemplateResult => html`
  <div class="cards">
    <div class="card"><p class="label">Windows</p><p class="figure">${count(state.windows)} <small>running</small></p><p>${state.everyone_paused ? html`<span class="state paused">draining</span>` : html`<span class="state running">selling</span>`}</p></div>
    <div class="card"><p class="label">Paused agents</p><p class="figure">${count(state.paused_agents.length)}</p><p>${state.paused_agents.map((id) => html`<a href="#/agents/${id}">${id}</a> `)}</p></div>
    ${state.executors.map((one) => html`<div class="card"><p class="label">Executor ${one.executor_id}</p><p class="figure">${count(one.cpu_millicores)} <small>milli-cores</small></p><p class="quiet">${count(one.memory_mb)} MB, ${counted(one.leases, 'lease')}</p></div>`)}
  </div>
`

const alertList = (): TemplateResult =>
  alerts.length === 0
    ? html`<p class="quiet">Nothing to look at since the last start. Spend near its cap, starved agents, lost traces and what looks like manipulation show up here, with the events that prove it.</p>`
    : html`<ul class="list">${alerts.map(
        (
          one,
        ) => html`<li class="card alert"><span class="state paused">${words(one.kind)}</span> <span class="quiet" title=${dayAndTime(one.at_ms)}>${clock(one.at_ms)}</span> ${one.text}
        ${one.evidence.map((seq) => html` <a href="#/events/${seq}">#${seq}</a>`)}</li>`,
      )}</ul>`

const orderList = (): TemplateResult =>
  past.length === 0
    ? html`<p class="quiet">None yet. Every order stands here with who gave it, when and why.</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="Orders"><table>
        <thead><tr><th>event</th><th>time</th><th>who</th><th>what</th><th>whom</th><th>why</th><th>details</th></tr></thead>
        <tbody>${past.map((one) => html`<tr><td><a href="#/events/${one.seq}">#${one.seq}</a></td><td title=${dayAndTime(one.at_ms)}>${clock(one.at_ms)}</td><td>${one.ordered_by}</td><td>${words(one.action)}</td><td>${one.agent_id ?? 'all'}</td><td>${one.reason}</td><td><code>${JSON.stringify(one.details)}</code></td></tr>`)}</tbody>
      </table></div>`

/** Alerts, maintenance, capacity, the numbers of the rules, and the log of orders. */
export const operatorView: View = {
  draw() {
    seenAtMs = Math.max(seenAtMs, ...alerts.map((alert) => alert.at_ms))
    const isOperator = store.who.role === 'operator'
    return html`
      <h1>Operator</h1>
      ${around === null ? nothing : stands(around)}
      ${isOperator ? nothing : html`<p class="quiet">Only an operator’s token gives orders; everyone may look.</p>`}
      <section aria-labelledby="alerts"><h2 id="alerts">Alerts</h2>${alertList()}</section>
      ${
        isOperator
          ? html`<section class="card" aria-labelledby="maintenance"><h2 id="maintenance">Maintenance</h2>${maintenance()}</section>
              <section class="card" aria-labelledby="capacity"><h2 id="capacity">Capacity <small>no running window is cut; lasts until the executor registers again</small></h2>${around?.executors.map(capacity)}</section>`
          : nothing
      }
      <section class="card" aria-labelledby="tuning"><h2 id="tuning">Rules</h2>${rulesForm()}</section>
      <section aria-labelledby="orders"><h2 id="orders">Orders so far</h2>${orderList()}</section>
    `
  },
  enter: () =>
    refreshing(refresh, ({ type }) => type === 'operator_acted' || type.startsWith('windows_') || type.startsWith('rules_') || type.startsWith('executor_')),
}
