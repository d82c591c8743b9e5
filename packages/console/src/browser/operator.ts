import { type TemplateResult, html, nothing } from 'lit-html'
import { read, send } from './api.ts'
import { clock, count } from './format.ts'
import { attempt, changed, refreshing, store } from './store.ts'
import type { View } from './view.ts'

interface Around {
  readonly everyone_paused: boolean
  readonly executors: readonly { cpu_millicores: number; executor_id: string; leases: number; memory_mb: number }[]
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
let rules: [string, unknown][] = []

const flat = (value: unknown, path: string): [string, unknown][] =>
  value === null || typeof value !== 'object' || Array.isArray(value)
    ? [[path, value]]
    : Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`))

async function refresh(): Promise<void> {
  const [state, log, now, raised] = await Promise.all([
    read<Around>('/operator/state'),
    read<{ orders: Order[] }>('/operator/orders'),
    read<{ params: object }>('/operator/rules'),
    read<{ alerts: Alert[] }>('/operator/alerts'),
  ])
  alerts = raised.alerts
  around = state
  past = log.orders
  rules = flat(now.params, '')
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

const nested = (path: string, value: unknown): object => path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object

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

const tuning = (): TemplateResult => html`
  <form class="inline" @submit=${(event: SubmitEvent) =>
    order(event, async (data) => {
      const path = String(data.get('path'))
      await send('/operator/rules', { changes: nested(path, JSON.parse(String(data.get('value')))), reason: String(data.get('reason')) })
      return `${path} is ${String(data.get('value'))}.`
    })}>
    <label>Number <select name="path" required>${rules.filter(([, value]) => typeof value !== 'object').map(([path, value]) => html`<option value=${path}>${path} = ${String(value)}</option>`)}</select></label>
    <label>New value <input name="value" required size="12" /></label>
    <label>Why <input name="reason" required maxlength="256" /></label>
    <button>Change</button>
  </form>
`

/** Maintenance, tuning, capacity and the log of orders. */
export const operatorView: View = {
  draw: () => html`
    <h1>Operator</h1>
    ${
      around === null
        ? nothing
        : html`<p>${around.everyone_paused ? html`<span class="state paused">draining</span> ` : nothing}${around.windows} windows run.
            ${around.paused_agents.length === 0 ? 'No agent is paused.' : html`Paused: ${around.paused_agents.map((id) => html`<a href="#/agents/${id}">${id}</a> `)}`}
            ${around.executors.map((one) => html`<br />Executor ${one.executor_id}: ${count(one.cpu_millicores)} milli-cores, ${count(one.memory_mb)} MB, ${one.leases} leases.`)}</p>`
    }
    ${
      store.who.role === 'operator'
        ? html`<section class="card" aria-labelledby="maintenance"><h2 id="maintenance">Maintenance</h2>${maintenance()}</section>
            <section class="card" aria-labelledby="tuning"><h2 id="tuning">Rules</h2>${tuning()}</section>`
        : html`<p class="quiet">Only an operator’s token gives orders.</p>`
    }
    <h2>Alerts</h2>
    ${
      alerts.length === 0
        ? html`<p class="quiet">Nothing to look at since the last start.</p>`
        : html`<ul class="list">${alerts.map(
            (one) => html`<li class="card"><span class="state paused">${one.kind.replaceAll('_', ' ')}</span> ${clock(one.at_ms)} ${one.text}
            ${one.evidence.map((seq) => html` <a href="#/events/${seq}">#${seq}</a>`)}</li>`,
          )}</ul>`
    }
    <h2>Orders so far</h2>
    ${
      past.length === 0
        ? html`<p class="quiet">None yet.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Orders"><table>
            <thead><tr><th>event</th><th>time</th><th>who</th><th>what</th><th>whom</th><th>why</th><th>details</th></tr></thead>
            <tbody>${past.map((one) => html`<tr><td><a href="#/events/${one.seq}">#${one.seq}</a></td><td>${clock(one.at_ms)}</td><td>${one.ordered_by}</td><td>${one.action}</td><td>${one.agent_id ?? 'all'}</td><td>${one.reason}</td><td><code>${JSON.stringify(one.details)}</code></td></tr>`)}</tbody>
          </table></div>`
    }
  `,
  enter: () => refreshing(refresh, (event) => event.type === 'operator_acted' || event.type.startsWith('windows_')),
}
