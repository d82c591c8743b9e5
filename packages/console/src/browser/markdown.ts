import { type TemplateResult, html } from 'lit-html'

type Piece = TemplateResult | string

const SPAN = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/
/** Addresses that a link may lead to: never a script, never this console. */
const isSafe = (address: string): boolean => /^https?:\/\//i.test(address)

function spans(text: string): Piece[] {
  const found = SPAN.exec(text)
  if (found === null) return text === '' ? [] : [text]
  const [whole, code, strong, soft, label, address = ''] = found
  const piece: Piece =
    code !== undefined
      ? html`<code>${code}</code>`
      : strong !== undefined
        ? html`<strong>${spans(strong)}</strong>`
        : soft !== undefined
          ? html`<em>${spans(soft)}</em>`
          : isSafe(address)
            ? html`<a href=${address} target="_blank" rel="noreferrer noopener nofollow">${label}</a>`
            : whole
  return [text.slice(0, found.index), piece, ...spans(text.slice(found.index + whole.length))]
}

function block(lines: readonly string[]): TemplateResult {
  const [first = ''] = lines
  const heading = /^(#{1,6})\s+(.*)$/.exec(first)
  if (heading !== null)
    return html`<p class="heading" dir="auto"><strong>${spans(heading[2] ?? '')}</strong></p>${lines.length > 1 ? block(lines.slice(1)) : ''}`
  if (lines.every((line) => /^\s*[-*+]\s+/.test(line)))
    return html`<ul dir="auto">${lines.map((line) => html`<li>${spans(line.replace(/^\s*[-*+]\s+/, ''))}</li>`)}</ul>`
  if (lines.every((line) => /^\s*\d+[.)]\s+/.test(line)))
    return html`<ol dir="auto">${lines.map((line) => html`<li>${spans(line.replace(/^\s*\d+[.)]\s+/, ''))}</li>`)}</ol>`
  if (lines.every((line) => line.startsWith('>')))
    return html`<blockquote dir="auto">${spans(lines.map((line) => line.replace(/^>\s?/, '')).join(' '))}</blockquote>`
  return html`<p dir="auto">${lines.map((line, index) => html`${index === 0 ? '' : html`<br />`}${spans(line)}`)}</p>`
}

/** Markdown of an agent as elements made here one by one: no HTML of it is ever taken over, images are not loaded, links leave to http alone. */
export function markdown(text: string): TemplateResult[] {
  const made: TemplateResult[] = []
  let lines: string[] = []
  let fenced: string[] | null = null
  const flush = (): void => {
    if (lines.length > 0) made.push(block(lines))
    lines = []
  }
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) {
      if (fenced === null) flush()
      else made.push(html`<pre tabindex="0"><code>${fenced.join('\n')}</code></pre>`)
      fenced = fenced === null ? [] : null
    } else if (fenced !== null) fenced.push(line)
    else if (line.trim() === '') flush()
    else lines.push(line)
  }
  if (fenced !== null) made.push(html`<pre tabindex="0"><code>${fenced.join('\n')}</code></pre>`)
  flush()
  return made
}
