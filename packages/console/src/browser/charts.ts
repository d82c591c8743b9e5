import { type TemplateResult, html, nothing, svg } from 'lit-html'

const WIDTH = 320
const HEIGHT = 64

interface LineLabels {
  /** What is shown, in words, for those who do not see it. */
  readonly label: string
  /** Writes a value at the edge; none are written without it. */
  readonly format?: (value: number) => string
}

/** A line of values, with its least and greatest at the edge. */
export function lineChart(values: readonly number[], { format, label }: LineLabels): TemplateResult {
  if (values.length < 2) return html`<p class="quiet chart-empty">No history yet.</p>`
  const least = Math.min(...values)
  const most = Math.max(...values)
  // A line that stands still stands in the middle.
  const span = most - least
  const x = (index: number): number => (index / (values.length - 1)) * WIDTH
  const y = (value: number): number => (span === 0 ? HEIGHT / 2 : HEIGHT - 4 - ((value - least) / span) * (HEIGHT - 8))
  const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  return html`<div class="chart">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
      ${svg`<polygon class="area" points="0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}" /><polyline class="line" points=${points} />`}
    </svg>
    ${format === undefined || span === 0 ? nothing : html`<span class="edge" aria-hidden="true"><span>${format(most)}</span><span>${format(least)}</span></span>`}
  </div>`
}

/** A bar for a part of a whole. */
export const bar = (partPpm: number, label: string): TemplateResult =>
  html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${svg`<rect class="track" width="100" height="6" /><rect class="fill" width=${Math.max(0, Math.min(100, partPpm / 10_000))} height="6" />`}
  </svg>`

/** Bars side by side below a line that they should not pass. */
export function bars(values: readonly number[], cap: number, label: string): TemplateResult {
  const most = Math.max(cap, ...values, 1)
  const width = WIDTH / Math.max(1, values.length)
  const line = HEIGHT - (cap / most) * (HEIGHT - 4)
  return html`<div class="chart"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${values.map((value, index) => {
      const height = (value / most) * (HEIGHT - 4)
      return svg`<rect class="column" x=${(index * width).toFixed(1)} y=${(HEIGHT - height).toFixed(1)} width=${Math.max(1, width - 1).toFixed(1)} height=${height.toFixed(1)} />`
    })}
    ${svg`<line class="cap" x1="0" x2=${WIDTH} y1=${line} y2=${line} />`}
  </svg></div>`
}
