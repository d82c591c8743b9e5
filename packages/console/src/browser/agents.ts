import { type TemplateResult, html, nothing } from 'lit-html'
import { type AgentRow, agentCard, readAgent, stateOf } from './agent.ts'
import { read } from './api.ts'
import { bars } from './charts.ts'
import { amount, count, credits, dollars, words } from './format.ts'
import { Pages, Rows } from './rows.ts'
import { changed, load, refreshing, store, together } from './store.ts'
import { styled } from './styled.ts'
import { type View, bringIntoSight } from './view.ts'

interface Answer {
  readonly agents: AgentRow[]
  readonly states: Readonly<Record<string, number>>
  readonly total: number
}
interface Cap {
  readonly llm_micro_usd_per_minute: number
  readonly minute: number
  readonly minutes: readonly { cost_micro_usd: number; held_micro_usd: number; minute: number }[]
}

const STATES = ['running', 'waiting', 'dormant', 'dead'] as const
const ORDERS: Readonly<Record<string, string>> = { balance: 'free balance', earned: 'earned', oldest: 'age', windows: 'windows' }
const ROW_PX = 36
const MINUTES = 60
/** Children of one parent that the tree shows. */
const CHILDREN_MAX = 1000

let states: Answer['states'] = {}
let cap: Cap | null = null
let chosen = ''
/** Who was just chosen and is not drawn yet. */
let sought = ''
let name = ''
let status = ''
let order = 'oldest'
let shape: 'table' | 'tree' = 'table'

async function ask(query: Readonly<Record<string, string>>): Promise<Answer> {
  const answer = await read<Answer>(`/agents?${new URLSearchParams(query).toString()}`)
  states = answer.states
  return answer
}

const pages = new Pages<AgentRow>(async (offset, limit) => {
  const filter = { ...(name === '' ? {} : { name }), ...(status === '' ? {} : { status }) }
  const answer = await ask({ limit: String(limit), offset: String(offset), order, ...filter })
  return { rows: answer.agents, total: answer.total }
})
const rows = new Rows('Agents', ROW_PX)

/** Branches of the lineage that are open, by parent; those without a parent under ''. */
const branches = new Map<string, { readonly agents: readonly AgentRow[]; readonly total: number }>()
async function readBranch(parent: string): Promise<void> {
  branches.set(parent, await ask({ limit: String(CHILDREN_MAX), parent: parent === '' ? 'none' : parent }))
}
function turnBranch(parent: string): void {
  if (branches.delete(parent)) changed()
  else load(() => readBranch(parent))
}

interface Twig {
  readonly depth: number
  readonly row: AgentRow
}
/** The open branches as lines, parents before their children. */
const twigs = (parent: string, depth: number): Twig[] =>
  (branches.get(parent)?.agents ?? []).flatMap((row) => [{ depth, row }, ...(branches.has(row.agent_id) ? twigs(row.agent_id, depth + 1) : [])])

async function refresh(): Promise<void> {
  await Promise.all([
    shape === 'table' ? pages.refresh(rows.range) : Promise.all([...new Set(['', ...branches.keys()])].map(readBranch)),
    ...(chosen === '' ? [] : [readAgent(chosen)]),
  ])
  if (sought !== '') bringIntoSight('.split.even > .card')
  sought = ''
}
async function readCap(): Promise<void> {
  cap = await read<Cap>('/intelligence/cap')
}
function again(): void {
  pages.forget()
  load(refresh)
}

const COLUMNS = [
  { name: 'agent' },
  { name: 'state' },
  { name: 'why' },
  { is_number: true, name: 'free' },
  { is_number: true, name: 'held' },
  { is_number: true, name: 'earned' },
  { is_number: true, name: 'windows' },
]

const cells = (row: AgentRow): TemplateResult => html`
  <td>${stateOf(row)}</td><td class="why" title=${words(row.status_reason)}>${words(row.status_reason)}</td><td class="number">${amount(row.balance_micro)}</td>
  <td class="number">${amount(row.held_micro)}</td><td class="number">${amount(row.earned_micro)}</td><td class="number">${count(row.windows)}</td>
`
const link = (row: AgentRow): TemplateResult =>
  html`<a href="#/agents/${row.agent_id}" title=${row.agent_id} aria-current=${row.agent_id === chosen ? 'true' : nothing}>${row.agent_id}</a>`

function table(): TemplateResult {
  if (pages.misses(rows.range)) load(() => pages.complete(rows.range))
  return rows.draw(COLUMNS, pages.total, (index) => {
    const row = pages.at(index)
    return row === undefined
      ? { cells: html`<td colspan=${COLUMNS.length}>…</td>` }
      : { cells: html`<td>${link(row)}</td>${cells(row)}`, is_chosen: row.agent_id === chosen }
  })
}

/** Branches that are longer than they are shown. */
function cutBranches(): TemplateResult[] {
  return [...branches]
    .filter(([, { agents, total }]) => total > agents.length)
    .map(
      ([parent, { agents, total }]) =>
        html`<p class="quiet">${parent === '' ? 'Without a parent' : `Children of ${parent}`}: the first ${count(agents.length)} of ${count(total)} stand here, the table has all.</p>`,
    )
}

function tree(): TemplateResult {
  const lines = twigs('', 0)
  return rows.draw(COLUMNS, lines.length, (index) => {
    const { depth, row } = lines[index] as Twig
    const isOpen = branches.has(row.agent_id)
    const turn =
      row.children === 0
        ? html`<span class="turn"></span>`
        : html`<button class="turn" aria-expanded=${isOpen ? 'true' : 'false'} aria-label="${row.children} children of ${row.agent_id}" @click=${() => turnBranch(row.agent_id)}>${isOpen ? '▾' : '▸'}</button>`
    return {
      cells: html`<td><span class="twig" ${styled({ 'padding-left': `${depth * 1.1}rem` })}>${turn}${link(row)}${row.children === 0 ? nothing : html` <small>${count(row.children)}</small>`}</span></td>${cells(row)}`,
      is_chosen: row.agent_id === chosen,
    }
  })
}

function population(): TemplateResult {
  const all = STATES.reduce((sum, state) => sum + (states[state] ?? 0), 0)
  return html`<ul class="chips" aria-label="Population">
    <li><button class="chip" aria-pressed=${status === '' ? 'true' : 'false'} @click=${() => filterBy('')}><strong>${count(all)}</strong> all</button></li>
    ${STATES.map((state) => html`<li><button class="chip ${state}" aria-pressed=${status === state ? 'true' : 'false'} @click=${() => filterBy(state)}><strong>${count(states[state] ?? 0)}</strong> ${state}</button></li>`)}
  </ul>`
}
function filterBy(state: string): void {
  status = status === state ? '' : state
  again()
}

function spend(): TemplateResult | typeof nothing {
  if (cap === null || cap.llm_micro_usd_per_minute === 0) return nothing
  const { llm_micro_usd_per_minute: most, minute, minutes } = cap
  const by = new Map(minutes.map((one) => [one.minute, one.cost_micro_usd + one.held_micro_usd]))
  const values = Array.from({ length: MINUTES }, (_none, index) => by.get(minute - MINUTES + 1 + index) ?? 0)
  const now = values.at(-1) ?? 0
  return html`<section class="card" aria-labelledby="spend"><h2 id="spend">Spend on models <small>by minute, the line is the cap</small></h2>
    <p><strong>${dollars(now)}</strong> of ${dollars(most)} this minute, ${dollars(values.reduce((sum, value) => sum + value, 0))} in the last hour</p>
    ${bars(values, most, `Spend of the last ${MINUTES} minutes; the cap is ${dollars(most)} a minute`)}</section>`
}

const controls = (): TemplateResult => html`
  <div class="inline">
    <label>Name <input type="search" .value=${name} @input=${(event: Event) => {
      name = (event.target as HTMLInputElement).value
      again()
    }} ?disabled=${shape === 'tree'} /></label>
    <label>Order by <select ?disabled=${shape === 'tree'} @change=${(event: Event) => {
      order = (event.target as HTMLSelectElement).value
      again()
    }}>${Object.entries(ORDERS).map(([id, label]) => html`<option value=${id} ?selected=${id === order}>${label}</option>`)}</select></label>
    <label>Show <select @change=${(event: Event) => {
      shape = (event.target as HTMLSelectElement).value as typeof shape
      again()
    }}><option value="table" ?selected=${shape === 'table'}>table</option><option value="tree" ?selected=${shape === 'tree'}>lineage</option></select></label>
    ${shape === 'table' && (name !== '' || status !== '') ? html`<span class="quiet" role="status">${count(pages.total)} found</span>` : nothing}
  </div>
`

/** The population, its lineage, and one agent closely. */
export const agentsView: View = {
  draw: () => html`
    <div class="title-row"><h1>Agents</h1>${population()}<span class="quiet">${store.economy === null ? '' : `${credits(store.economy.agents_micro)} free, ${credits(store.economy.held_micro)} in holds`}</span></div>
    ${spend()}
    <div class=${chosen === '' ? '' : 'split even'}>
      <div>${controls()}${shape === 'table' ? table() : html`${cutBranches()}${tree()}`}</div>
      ${chosen === '' ? nothing : agentCard(chosen, () => load(refresh))}
    </div>
  `,
  enter(argument) {
    chosen = argument
    sought = argument
    return together(
      refreshing(refresh, (event) => event.type !== 'tool_call_initiated' && event.type !== 'tool_call_completed'),
      refreshing(readCap, (event) => event.type.startsWith('llm_'), 5000),
    )
  },
}
