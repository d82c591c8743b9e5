import type { ClearedBook } from '@syntropism/economy'

const BAR_HEIGHT = 18
const LABEL_WIDTH = 170
const BAR_WIDTH = 420
const HEAD_HEIGHT = 30

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** Bars of welfare and revenue as shares of the proven bound, one group per book: a self-contained SVG. */
export function comparisonPlot(results: readonly { readonly book: string; readonly cleared: ClearedBook }[]): string {
  const parts: string[] = []
  let y = 24
  let book: string | null = null
  for (const result of results) {
    if (result.book !== book) {
      book = result.book
      y += HEAD_HEIGHT
      parts.push(`<text x="8" y="${y - 8}" font-weight="bold">${escapeXml(book)}</text>`)
    }
    const { bound, mechanism, payment_rule: rule, revenue, welfare } = result.cleared
    const of = (value: number): number => (bound === 0 ? 0 : value / bound)
    const width = (value: number): string => (of(value) * BAR_WIDTH).toFixed(1)
    parts.push(
      `<text x="8" y="${y + 12}">${mechanism}, ${rule}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${BAR_WIDTH}" height="${BAR_HEIGHT - 4}" fill="#e8eaee"/>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${width(welfare)}" height="${BAR_HEIGHT - 4}" fill="#3b6fb5"/>`,
      `<rect x="${LABEL_WIDTH}" y="${y + 9}" width="${width(revenue)}" height="5" fill="#e0a030"/>`,
      `<text x="${LABEL_WIDTH + BAR_WIDTH + 8}" y="${y + 12}">${(of(welfare) * 100).toFixed(1)} %</text>`,
    )
    y += BAR_HEIGHT
  }
  const width = LABEL_WIDTH + BAR_WIDTH + 80
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 16}" font-family="sans-serif" font-size="12" fill="#222"><rect width="100%" height="100%" fill="#fff"/><text x="8" y="20">Share of the proven bound: welfare (blue), revenue (amber)</text>${parts.join('')}</svg>\n`
}
