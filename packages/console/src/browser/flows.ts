import { type TemplateResult, html, nothing, svg } from 'lit-html'
import { read } from './api.ts'
import { amount, count, credits, roughly, words } from './format.ts'
import { BOX_WIDTH, type Link, layOut } from './sankey.ts'

interface Flow {
  readonly amount_micro: number
  readonly movements: number
  readonly purpose: string
}
interface Flows {
  readonly flows: readonly Flow[]
  readonly is_whole: boolean
  readonly links: readonly Link[]
  readonly movements_max: number
}

let known: Flows | null = null
let drawn: { readonly of: Flows; readonly picture: TemplateResult } | null = null

export async function readFlows(): Promise<void> {
  known = await read<Flows>('/economic/flows')
}

/** Room for a name between two columns of boxes. */
const NAME_MAX = 30
const short = (name: string): string => (name.length <= NAME_MAX ? name : `${name.slice(0, NAME_MAX - 1)}…`)

function picture(flows: Flows): TemplateResult {
  const { boxes, height, ribbons, width } = layOut(flows.links, flows.is_whole)
  const label = boxes
    .filter((box) => box.column !== 'agent')
    .map((box) => `${words(box.name)} ${credits(box.amount_micro)}`)
    .join('; ')
  return html`<svg class="sankey" viewBox="0 0 ${width} ${height}" width=${width} height=${height} role="img" aria-label="Credits by where they came from and where they went. ${label}">
    ${ribbons.map((one) => svg`<path class="ribbon ${one.kind}" d=${one.path}><title>${words(one.from)} → ${words(one.to)}: ${credits(one.amount_micro)}</title></path>`)}
    ${boxes.map(
      (box) => svg`<rect class="box ${box.kind}" x=${box.x} y=${box.y.toFixed(1)} width=${BOX_WIDTH} height=${box.height.toFixed(1)} />
      <text class="name" x=${box.column === 'source' ? box.x - 8 : box.x + BOX_WIDTH + 8} y=${(box.y + box.height / 2).toFixed(1)} dominant-baseline="middle" text-anchor=${box.column === 'source' ? 'end' : 'start'}><title>${words(box.name)}</title>${short(words(box.name))} <tspan class="sum">${roughly(box.amount_micro)}</tspan></text>`,
    )}
  </svg>`
}

const table = (flows: readonly Flow[]): TemplateResult => html`
  <details>
    <summary>All purposes as a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Purposes">
      <table>
        <thead><tr><th>purpose</th><th class="number">credits</th><th class="number">movements</th></tr></thead>
        <tbody>${flows.map((one) => html`<tr><td>${words(one.purpose)}</td><td class="number">${amount(one.amount_micro)}</td><td class="number">${count(one.movements)}</td></tr>`)}</tbody>
      </table>
    </div>
  </details>
`

/** Mint → agents → burn, by purpose. */
export function flowsCard(): TemplateResult {
  if (known !== null && drawn?.of !== known) drawn = { of: known, picture: picture(known) }
  return html`
    <section class="card" aria-labelledby="flows">
      <h2 id="flows">Where credits come from and go <small>${known === null ? nothing : known.is_whole ? 'since the beginning, renewed every 5 s' : `over the last ${count(known.movements_max)} movements`}</small></h2>
      ${
        known === null || drawn === null
          ? html`<p class="quiet">Reading…</p>`
          : known.links.length === 0
            ? html`<p class="quiet">Nothing has moved yet.</p>`
            : html`<div class="wide" tabindex="0" role="region" aria-labelledby="flows">${drawn.picture}</div>
                <p class="quiet legend"><span class="key mint"></span> minted <span class="key agents"></span> between agents <span class="key burn"></span> burned <span class="key rest"></span> stays</p>
                ${table(known.flows)}`
      }
    </section>
  `
}
