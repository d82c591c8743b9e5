import { type TemplateResult, html, nothing } from 'lit-html'
import { read } from './api.ts'
import { lineChart } from './charts.ts'
import { clock, count, credits } from './format.ts'
import { orders } from './orders.ts'
import { changed, refreshing, store } from './store.ts'
import type { View } from './view.ts'

interface Row {
  readonly agent_id: string
  readonly balance_micro: number
  readonly earned_micro: number
  readonly held_micro: number
  readonly parent_id: string | null
  readonly paused: boolean
  readonly status: string
  readonly status_reason: string
  readonly windows: number
}
interface Receipt {
  readonly cause: string
  readonly cpu_ms_granted: number
  readonly cpu_ms_used: number
  readonly elapsed_ms: number
  readonly execution_id: string
  readonly memory_peak_mb: number
  readonly paid_micro: number
  readonly refunded_micro: number
}
interface Detail extends Row {
  readonly children: readonly { agent_id: string; status: string }[]
  readonly curve: readonly { balance_micro: number; seq: number }[]
  readonly inbox: number
  readonly lineage: readonly string[]
  readonly receipts: readonly Receipt[]
  readonly services: readonly string[]
  readonly standing_bid: unknown
}
interface Commit {
  readonly at_ms: number
  readonly commit: string
  readonly message: string
}

const PAGE = 200
let rows: Row[] = []
let total = 0
let chosen = ''
let detail: Detail | null = null
let commits: Commit[] = []
let name = ''
let status = ''
let shape: 'table' | 'tree' = 'table'

async function refresh(): Promise<void> {
  const query = new URLSearchParams({ limit: String(PAGE), ...(name === '' ? {} : { name }), ...(status === '' ? {} : { status }) })
  const answer = await read<{ agents: Row[]; total: number }>(`/agents?${query.toString()}`)
  rows = answer.agents
  total = answer.total
  if (chosen === '') return
  detail = await read<Detail>(`/agents/${encodeURIComponent(chosen)}`)
  commits = (await read<{ commits: Commit[] }>(`/workspaces/${encodeURIComponent(chosen)}/history?limit=20`)).commits
}
const again = (): void => void refresh().then(changed)

const state = (row: Row): TemplateResult =>
  html`<span class="state ${row.status}">${row.status}</span>${row.paused ? html` <span class="state paused">paused</span>` : nothing}`

const table = (): TemplateResult => html`
  <div class="scroll" tabindex="0" role="region" aria-label="Agents">
    <table>
      <thead><tr><th>agent</th><th>state</th><th>why</th><th class="number">free</th><th class="number">held</th><th class="number">earned</th><th class="number">windows</th></tr></thead>
      <tbody>
        ${rows.map(
          (row) => html`<tr class=${row.agent_id === chosen ? 'chosen' : ''}>
            <td><a href="#/agents/${row.agent_id}">${row.agent_id}</a></td><td>${state(row)}</td><td>${row.status_reason}</td><td class="number">${credits(row.balance_micro)}</td>
            <td class="number">${credits(row.held_micro)}</td><td class="number">${credits(row.earned_micro)}</td><td class="number">${count(row.windows)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>
`

const branch = (parent: string | null): TemplateResult | typeof nothing => {
  const known = new Set(rows.map((row) => row.agent_id))
  const children = rows.filter((row) => (row.parent_id !== null && known.has(row.parent_id) ? row.parent_id : null) === parent)
  return children.length === 0
    ? nothing
    : html`<ul class="tree">${children.map((row) => html`<li><a href="#/agents/${row.agent_id}">${row.agent_id}</a> ${state(row)} ${credits(row.balance_micro)} ${branch(row.agent_id)}</li>`)}</ul>`
}

const receipts = (one: Detail): TemplateResult => html`
  <div class="scroll" tabindex="0" role="region" aria-label="Receipts">
    <table>
      <thead><tr><th>window</th><th>end</th><th class="number">ms</th><th class="number">cpu-ms</th><th class="number">peak MB</th><th class="number">paid</th><th class="number">returned</th></tr></thead>
      <tbody>
        ${one.receipts.map(
          (receipt) => html`<tr><td>${receipt.execution_id}</td><td>${receipt.cause}</td><td class="number">${count(receipt.elapsed_ms)}</td>
            <td class="number">${count(receipt.cpu_ms_used)} of ${count(receipt.cpu_ms_granted)}</td><td class="number">${count(receipt.memory_peak_mb)}</td>
            <td class="number">${credits(receipt.paid_micro)}</td><td class="number">${credits(receipt.refunded_micro)}</td></tr>`,
        )}
      </tbody>
    </table>
  </div>
`

const about = (one: Detail): TemplateResult => html`
  <section class="card" aria-labelledby="agent-title">
    <h2 id="agent-title">${one.agent_id} ${state(one)}</h2>
    <p>${one.status_reason === '' ? '' : `${one.status_reason} · `}${credits(one.balance_micro)} free, ${credits(one.held_micro)} held, ${credits(one.earned_micro)} earned · <a href="#/ledger/${one.agent_id}">movements</a> · ${one.inbox} in the inbox</p>
    ${lineChart(
      one.curve.map((point) => point.balance_micro),
      `Balance over the last movements, now ${credits(one.balance_micro)} credits`,
    )}
    <p>Lineage: ${one.lineage.length === 0 ? 'first of its line' : one.lineage.map((id, index) => html`${index === 0 ? '' : ' ← '}<a href="#/agents/${id}">${id}</a>`)}.
      ${one.children.length === 0 ? nothing : html`Children: ${one.children.map((child, index) => html`${index === 0 ? '' : ', '}<a href="#/agents/${child.agent_id}">${child.agent_id}</a> (${child.status})`)}.`}
      ${one.services.length === 0 ? nothing : html`Offers ${one.services.join(', ')}.`}</p>
    ${store.who.role === 'operator' && one.status !== 'dead' ? orders(one.agent_id, one.paused, again) : nothing}
    <h3>Receipts</h3>
    ${one.receipts.length === 0 ? html`<p class="quiet">No window has ended yet.</p>` : receipts(one)}
    <h3>Workspace</h3>
    ${
      commits.length === 0
        ? html`<p class="quiet">No state kept yet.</p>`
        : html`<ol class="commits">${commits.map((commit) => html`<li>${clock(commit.at_ms)} ${commit.message} <code>${commit.commit.slice(0, 10)}</code></li>`)}</ol>`
    }
  </section>
`

/** The population, its lineage, and one agent closely. */
export const agentsView: View = {
  draw: () => html`
    <div class="title-row">
      <h1>Agents <small>${rows.length === total ? total : `${rows.length} of ${total}`}</small></h1>
      <label>Name <input type="search" .value=${name} @input=${(event: Event) => {
        name = (event.target as HTMLInputElement).value
        again()
      }} /></label>
      <label>State <select @change=${(event: Event) => {
        status = (event.target as HTMLSelectElement).value
        again()
      }}><option value="">any</option>${['waiting', 'running', 'dormant', 'dead'].map((one) => html`<option>${one}</option>`)}</select></label>
      <label>Show <select @change=${(event: Event) => {
        shape = (event.target as HTMLSelectElement).value as typeof shape
        changed()
      }}><option value="table">table</option><option value="tree">lineage</option></select></label>
    </div>
    <div class=${chosen === '' ? '' : 'split even'}>
      ${shape === 'table' ? table() : branch(null)}
      ${chosen === '' || detail === null || detail.agent_id !== chosen ? nothing : about(detail)}
    </div>
  `,
  enter(argument) {
    chosen = argument
    return refreshing(refresh, (event) => event.type !== 'tool_call_initiated' && event.type !== 'tool_call_completed')
  },
}
