/** One line of a chart; `low` and `high` bound its band. */
export interface Line {
  readonly label: string
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly low?: readonly number[]
  readonly high?: readonly number[]
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [460, 230, 62, 10, 10, 26]
/** Okabe, Ito: told apart by most colour-blind people. */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#000000'] as const

export const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A number with at most four significant digits and SI-like powers of thousand. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  for (const [power, sign] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const)
    if (size >= power) return `${Number((value / (sign === 'k' ? 1e3 : power)).toPrecision(4))} ${sign}`
  return String(Number(value.toPrecision(4)))
}

/** Round steps that divide a span into about `count` parts. */
function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}

const spanOf = (values: readonly number[]): readonly [number, number] => {
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low > high) return [0, 1]
  return low === high ? [low - Math.max(1, Math.abs(low)) / 2, high + Math.max(1, Math.abs(high)) / 2] : [low, high]
}

/** A line chart as SVG text that needs nothing else. */
export function lineChart(title: string, lines: readonly Line[]): string {
  const [x0, x1] = spanOf(lines.flatMap((line) => [...line.x]))
  const [y0, y1] = spanOf(lines.flatMap((line) => [...line.y, ...(line.low ?? []), ...(line.high ?? [])]))
  const x = (value: number): string => (LEFT + ((value - x0) / (x1 - x0)) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const y = (value: number): string => (HEIGHT - BOTTOM - ((value - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM)).toFixed(1)
  const grid = [
    ...ticks(y0, y1, 4).map(
      (value) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/><text x="${LEFT - 6}" y="${y(value)}" dy="4" text-anchor="end">${short(value)}</text>`,
    ),
    ...ticks(x0, x1, 5).map((value) => `<text x="${x(value)}" y="${HEIGHT - 8}" text-anchor="middle">${short(value)}</text>`),
  ]
  const drawn = lines.map((line, index) => {
    const colour = COLOURS[index % COLOURS.length] as string
    const path = line.x.map((at, place) => `${x(at)},${y(line.y[place] as number)}`)
    const band =
      line.low === undefined || line.high === undefined
        ? ''
        : `<polygon points="${[...line.x.map((at, place) => `${x(at)},${y(line.high?.[place] as number)}`), ...line.x.map((at, place) => `${x(at)},${y(line.low?.[place] as number)}`).toReversed()].join(' ')}" fill="${colour}" opacity="0.18"/>`
    return `${band}<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.6"><title>${escape(line.label)}</title></polyline>`
  })
  return `<figure><figcaption>${escape(title)}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">${grid.join('')}${drawn.join('')}</svg></figure>`
}
