import { type TemplateResult, html, nothing } from 'lit-html'
import { read } from './api.ts'
import { dayAndTime } from './format.ts'
import { changed, load } from './store.ts'
import { type View, bringIntoSight } from './view.ts'

type Kind = 'benchmark' | 'comparison' | 'simulation' | 'sweep'
interface Run {
  readonly kind: Kind
  readonly modified_at_ms: number
  readonly path: string
  readonly reports: readonly string[]
  readonly title: string
}
interface Figures {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly cells: readonly (number | null)[]; readonly name: string }[]
}

const KINDS: readonly Kind[] = ['benchmark', 'simulation', 'sweep', 'comparison']
const number = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 })

let runs: readonly Run[] | null = null
let kind: Kind | '' = ''
let chosen = ''
/** The run that the chosen one is set beside; '' for none. */
let other = ''
let report = ''
const figures = new Map<string, Figures>()

async function refresh(): Promise<void> {
  runs = (await read<{ runs: Run[] }>('/runs')).runs
}
const readFigures = (path: string): void =>
  load(async () => {
    figures.set(path, await read<Figures>(`/runs/figures?path=${encodeURIComponent(path)}`))
  })

const runAt = (path: string): Run | undefined => runs?.find((run) => run.path === path)

function choose(path: string): void {
  if (path === chosen) return
  chosen = path
  other = ''
  const run = runAt(path)
  report = run?.reports[0] ?? ''
  if (run !== undefined && run.kind !== 'comparison') readFigures(path)
}

const cell = (value: number | null | undefined): string => (value === null || value === undefined ? '–' : number.format(value))

function table(own: Figures): TemplateResult {
  return html`<table>
    <thead><tr><th>name</th>${own.columns.map((name) => html`<th class="number">${name}</th>`)}</tr></thead>
    <tbody>${own.rows.map((row) => html`<tr><td>${row.name}</td>${row.cells.map((value) => html`<td class="number">${cell(value)}</td>`)}</tr>`)}</tbody>
  </table>`
}

/** Two runs by their first figure: what the one has, the other has, and the difference. */
function sideBySide(one: Figures, two: Figures, titles: readonly [string, string]): TemplateResult {
  const names = [...new Set([...one.rows, ...two.rows].map((row) => row.name))]
  const valueIn = (from: Figures, name: string): number | null => from.rows.find((row) => row.name === name)?.cells[0] ?? null
  return html`<table>
    <thead><tr><th>${one.columns[0]}</th><th class="number">${titles[0]}</th><th class="number">${titles[1]}</th><th class="number">difference</th></tr></thead>
    <tbody>${names.map((name) => {
      const [first, second] = [valueIn(one, name), valueIn(two, name)]
      const difference = first === null || second === null ? null : second - first
      return html`<tr><td>${name}</td><td class="number">${cell(first)}</td><td class="number">${cell(second)}</td><td class="number">${difference !== null && difference > 0 ? '+' : ''}${cell(difference)}</td></tr>`
    })}</tbody>
  </table>`
}

const address = (path: string): string => `/runs/files/${path.split('/').map(encodeURIComponent).join('/')}`

const reports = (run: Run): TemplateResult | typeof nothing =>
  run.reports.length === 0
    ? run.kind === 'benchmark'
      ? html`<p class="quiet">No report yet: <code>syntropism benchmark report</code> writes one into this folder.</p>`
      : nothing
    : html`<section class="card" aria-labelledby="report">
        <div class="title-row"><h2 id="report">Report</h2>
          ${
            run.reports.length < 2
              ? nothing
              : html`<label>Which <select @change=${(event: Event) => {
                  report = (event.target as HTMLSelectElement).value
                  changed()
                }}>${run.reports.map((path) => html`<option value=${path} ?selected=${path === report}>${path.split('/').at(-1)}</option>`)}</select></label>`
          }
          ${report === '' ? nothing : html`<a href=${address(report)} target="_blank" rel="noreferrer">Open on its own</a>`}
        </div>
        ${report === '' ? nothing : html`<iframe class="report" sandbox="" src=${address(report)} title="Report of ${run.title}"></iframe>`}
      </section>`

function comparison(run: Run): TemplateResult {
  const own = figures.get(run.path)
  const beside = figures.get(other)
  const partners = (runs ?? []).filter((one) => one.kind === run.kind && one.path !== run.path)
  return html`<section class="card" aria-labelledby="figures">
    <div class="title-row"><h2 id="figures">${run.title} <small>${run.kind}</small></h2>
      ${
        partners.length === 0
          ? nothing
          : html`<label>Beside <select @change=${(event: Event) => {
              other = (event.target as HTMLSelectElement).value
              if (other !== '') readFigures(other)
              changed()
            }}><option value="">no other run</option>${partners.map((one) => html`<option value=${one.path} ?selected=${one.path === other}>${one.title}</option>`)}</select></label>`
      }
    </div>
    ${
      own === undefined
        ? html`<p class="quiet">Reading…</p>`
        : own.rows.length === 0
          ? html`<p class="quiet">No figures yet.</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="Figures">${other === '' || beside === undefined ? table(own) : sideBySide(own, beside, [run.title, runAt(other)?.title ?? other])}</div>`
    }
  </section>`
}

const listed = (): TemplateResult => {
  const shown = (runs ?? []).filter((run) => kind === '' || run.kind === kind)
  return html`<div>
    <label class="rank">Kind <select @change=${(event: Event) => {
      kind = (event.target as HTMLSelectElement).value as typeof kind
      changed()
    }}><option value="">all</option>${KINDS.map((one) => html`<option value=${one} ?selected=${one === kind}>${one}s</option>`)}</select></label>
    <ol class="list stacked" aria-label="Runs">${shown.map(
      (run) =>
        html`<li><a class="row" href="#/runs/${encodeURIComponent(run.path)}" aria-current=${run.path === chosen ? 'true' : nothing}><strong>${run.title}</strong> <span>${run.kind} · ${dayAndTime(run.modified_at_ms)}</span></a></li>`,
    )}</ol>
  </div>`
}

const nothingYet = (): TemplateResult => html`<div class="card empty">
  <p><strong>No runs yet.</strong></p>
  <p class="quiet">Results show up here once they lie in the folder of runs: the setting <code>runs</code>, by default <code>runs</code> in the data folder.</p>
  <pre tabindex="0"><code>syntropism simulate evolution --out .syntropism/runs/evolution
syntropism benchmark run --agent rule --out .syntropism/runs/rule</code></pre>
</div>`

/** Benchmark runs, simulations, sweeps and comparisons; one closely, and beside another. */
export const runsView: View = {
  draw() {
    const run = runAt(chosen)
    return html`
      <h1>Runs</h1>
      ${
        runs === null
          ? html`<p class="quiet">Reading…</p>`
          : runs.length === 0
            ? nothingYet()
            : html`<div class="split">${listed()}<div>${
                run === undefined
                  ? html`<p class="card empty">Choose a run to see its figures and its report.</p>`
                  : html`${run.kind === 'comparison' ? nothing : comparison(run)}${reports(run)}`
              }</div></div>`
      }
    `
  },
  enter(argument) {
    // Runs are no part of the economy: its events do not tell of them.
    const timer = setInterval(() => load(refresh), 10_000)
    load(async () => {
      await refresh()
      if (argument === '') return
      choose(argument)
      bringIntoSight('.split > div:last-child')
    })
    return () => clearInterval(timer)
  },
}
