import { type TemplateResult, html, svg } from 'lit-html'

const WIDTH = 320
const HEIGHT = 64

/** A line of values with its least and greatest, and its text for those who do not see it. */
export function lineChart(values: readonly number[], label: string): TemplateResult {
  if (values.length < 2) return html`<p class="quiet">No history yet.</p>`
  const least = Math.min(...values)
  const span = Math.max(...values) - least || 1
  const x = (index: number): number => (index / (values.length - 1)) * WIDTH
  const y = (value: number): number => HEIGHT - 4 - ((value - least) / span) * (HEIGHT - 8)
  const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${svg`<polygon class="area" points="0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}" /><polyline class="line" points=${points} />`}
  </svg>`
}

/** A bar for a part of a whole. */
export const bar = (partPpm: number, label: string): TemplateResult =>
  html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${svg`<rect class="track" width="100" height="6" /><rect class="fill" width=${Math.max(0, Math.min(100, partPpm / 10_000))} height="6" />`}
  </svg>`
