import type { RunResult } from '../index.ts'
import { COLOURS, escape, lineChart, short } from './chart.ts'
import { lineageTree } from './tree.ts'
import type { Group } from './statistics.ts'
import type { Outcome } from './store.ts'

const STYLE = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:1500px;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(420px,1fr));gap:1rem}figure{margin:0;border:1px solid #8884;border-radius:6px;padding:.5rem}
figcaption{font-weight:600}svg{width:100%;height:auto}svg text{font-size:11px;fill:currentColor}svg line{stroke:#8886;stroke-width:.6}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #8884}td:first-child,th:first-child{text-align:left}.key{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em}.wide{overflow-x:auto}.bad{color:#d55e00}`

const page = (title: string, body: string): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${STYLE}</style></head><body>${body}</body></html>\n`

const table = (rows: readonly (readonly string[])[]): string =>
  `<div class="wide"><table>${rows.map((row, index) => `<tr>${row.map((cell) => (index === 0 ? `<th>${cell}</th>` : `<td>${cell}</td>`)).join('')}</tr>`).join('')}</table></div>`

/** Figures whose course is more than one flat line. */
const moving = (groups: readonly Group[]): string[] =>
  Object.keys(groups.find((group) => group.runs > 0)?.courses ?? {}).filter((name) =>
    groups.some((group) => new Set(group.courses[name]?.map((one) => one.mean)).size > 1),
  )

/** A sweep as one HTML file: means over the seeds with 1.96 standard errors, by choice. */
export function sweepReport(title: string, groups: readonly Group[], outcomes: readonly Outcome[]): string {
  const names = moving(groups)
  const done = outcomes.filter((outcome) => outcome.status === 'done').length
  const failed = outcomes.filter((outcome) => outcome.status === 'failed')
  const key = groups.map((group, index) => `<span class="key" style="background:${COLOURS[index % COLOURS.length]}"></span>${escape(group.label)}`)
  const charts = names.map((name) =>
    lineChart(
      name,
      groups
        .filter((group) => group.runs > 0)
        .map((group) => {
          const course = group.courses[name] ?? []
          return {
            high: course.map((one) => one.mean + one.half_width),
            label: group.label,
            low: course.map((one) => one.mean - one.half_width),
            x: group.steps,
            y: course.map((one) => one.mean),
          }
        }),
    ),
  )
  const rows = groups.map((group, index) => [
    key[index] as string,
    String(group.runs),
    ...names.map((name) => {
      const one = group.figures[name]
      return one === undefined ? '' : `${short(one.mean)} ± ${short(one.half_width)}`
    }),
  ])
  const failures = failed.map((outcome) => `<li class="bad">run ${outcome.point.index}, seed ${outcome.point.seed}: ${escape(outcome.error)}</li>`)
  return page(
    title,
    `<h1>${escape(title)}</h1><p>${done} of ${outcomes.length} runs done${failed.length === 0 ? '' : `, <span class="bad">${failed.length} failed</span>`}. Means over seeds ± 1.96 standard errors, at the last step below, over the steps in the plots.</p>${failures.length === 0 ? '' : `<ul>${failures.join('')}</ul>`}${table([['choice', 'runs', ...names.map(escape)], ...rows])}<h2>Course</h2><div class="grid">${charts.join('')}</div>`,
  )
}

/** One run as one HTML file. */
export function runReport(result: RunResult): string {
  const title = `${result.model}, seed ${result.seed}`
  const steps = result.series.rows.map((row) => row[0] as number)
  const charts = result.series.columns.slice(1).map((name, index) => ({ name, y: result.series.rows.map((row) => row[index + 1] as number) }))
  const request = Object.entries({ activation: result.activation, agents: result.agents, steps: result.steps, time: result.time, ...result.params })
  const trees = result.extras.filter((extra) => extra.name === 'lineage').map((extra) => lineageTree(extra))
  return page(
    title,
    `<h1>${escape(title)}</h1><p>${request.map(([name, value]) => `${escape(name)} ${escape(String(value))}`).join(' · ')}</p><div class="grid">${charts
      .filter((chart) => new Set(chart.y).size > 1)
      .map((chart) => lineChart(chart.name, [{ label: chart.name, x: steps, y: chart.y }]))
      .join(
        '',
      )}</div>${trees.join('')}<h2>Last figures</h2>${table([['figure', 'value'], ...Object.entries(result.figures).map(([name, value]) => [escape(name), short(value)])])}`,
  )
}
