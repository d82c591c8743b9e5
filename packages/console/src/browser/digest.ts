import { type TemplateResult, html, nothing } from 'lit-html'
import { read } from './api.ts'
import { amount, count, credits, roughly, timeLeft } from './format.ts'
import type { Prompt } from './prompt.ts'
import { economyNow, load } from './store.ts'

interface Share {
  readonly agent_id?: string
  readonly human_id?: string
  readonly judged: number
  readonly mean_score: number
  readonly minted_micro: number
}
interface Digest {
  readonly agents: readonly Share[]
  readonly humans: readonly Share[]
  readonly minted_micro: number
  readonly returned_micro: number
  readonly returned_unread: number
  readonly scored: number
  readonly skipped: number
  readonly withdrawn: number
}

const GIST = 180
let hours = 24
let known: Digest | null = null

export async function readDigest(): Promise<void> {
  known = await read<Digest>(`/attention/digest?hours=${hours}`)
}

/** The beginning of what an agent wrote, without its marks. */
function gist(content: Record<string, unknown>): string {
  const text = String(content.report ?? content.question ?? '')
    .replaceAll(/```[\s\S]*?```/g, ' ')
    .replaceAll(/[#*_`>[\]|]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return text.length > GIST ? `${text.slice(0, GIST)}…` : text
}

const shares = (label: string, name: 'agent_id' | 'human_id', rows: readonly Share[]): TemplateResult => html`
  <section>
    <h2>${label}</h2>
    ${
      rows.length === 0
        ? html`<p class="quiet">Nothing was scored.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table>
            <thead><tr><th>${name === 'agent_id' ? 'agent' : 'human'}</th><th class="number">scored</th><th class="number">mean score</th><th class="number">minted</th></tr></thead>
            <tbody>${rows.map(
              (row) =>
                html`<tr><td>${name === 'agent_id' ? html`<a href="#/agents/${row.agent_id}">${row.agent_id}</a>` : row.human_id}</td><td class="number">${count(row.judged)}</td><td class="number">${row.mean_score.toFixed(1)}</td><td class="number">${amount(row.minted_micro)}</td></tr>`,
            )}</tbody>
          </table></div>`
    }
  </section>
`

const figures = (digest: Digest): TemplateResult => html`
  <div class="cards">
    <div class="card"><p class="label">Scored</p><p class="figure">${count(digest.scored)}</p><p class="quiet">${roughly(digest.minted_micro)} credits minted</p></div>
    <div class="card"><p class="label">Skipped</p><p class="figure">${count(digest.skipped)}</p><p class="quiet">their bids burned</p></div>
    <div class="card"><p class="label">Returned unread</p><p class="figure">${count(digest.returned_unread)}</p><p class="quiet">${roughly(digest.returned_micro)} credits went back</p></div>
    <div class="card"><p class="label">Withdrawn</p><p class="figure">${count(digest.withdrawn)}</p><p class="quiet">by their agents</p></div>
  </div>
`

/** Everything at a glance: what waits, in two lines each, and what became of the rest. */
export const digestView = (prompts: readonly Prompt[], pastOf: (agentId: string) => string): TemplateResult => html`
  <section aria-labelledby="waiting">
    <h2 id="waiting">Waiting <small>${prompts.length}</small></h2>
    ${prompts.length === 0 ? html`<p class="card empty">No open prompts.</p>` : nothing}
    <ol class="list digest">
      ${prompts.map(
        (one) => html`<li class="card">
          <p dir="auto"><a href="#/desk/${one.prompt_id}"><strong>${String(one.content.title ?? one.prompt_id)}</strong></a></p>
          <p dir="auto">${gist(one.content)}</p>
          <p class="quiet">${one.agent_id} · bids ${credits(one.bid_micro)} credits · ${pastOf(one.agent_id)} · ${timeLeft(one.deadline_at_ms - economyNow())} left, unread the bid goes back in full</p>
        </li>`,
      )}
    </ol>
  </section>
  <div class="title-row"><h2>What became of the others</h2>
    <label>Of the last <select @change=${(event: Event) => {
      hours = Number((event.target as HTMLSelectElement).value)
      load(readDigest)
    }}>${[
      [1, 'hour'],
      [8, '8 hours'],
      [24, 'day'],
      [168, 'week'],
    ].map(([value, name]) => html`<option value=${value} ?selected=${value === hours}>${name}</option>`)}</select></label>
  </div>
  ${known === null ? html`<p class="quiet">Reading…</p>` : html`${figures(known)}<div class="split even">${shares('By agent', 'agent_id', known.agents)}${shares('By human', 'human_id', known.humans)}</div>`}
`
