import { type TemplateResult, html, nothing } from 'lit-html'
import { read, send } from './api.ts'
import { clock, dayAndTime } from './format.ts'
import { attempt, changed, load, store } from './store.ts'

interface Commit {
  readonly at_ms: number
  readonly commit: string
  readonly message: string
}
interface Change {
  readonly change: 'added' | 'changed' | 'removed'
  readonly patch: string | null
  readonly path: string
}

let of = ''
let commits: readonly Commit[] = []
let chosen: string | null = null
let changes: readonly Change[] | null = null

export async function readWorkspace(agentId: string): Promise<void> {
  if (agentId !== of) {
    of = agentId
    chosen = null
    changes = null
    commits = []
  }
  commits = (await read<{ commits: Commit[] }>(`/workspaces/${encodeURIComponent(agentId)}/history?limit=30`)).commits
}

function choose(commit: string): void {
  chosen = chosen === commit ? null : commit
  changes = null
  changed()
  if (chosen === null) return
  load(async () => {
    const answer = await read<{ changes: Change[]; commit: string }>(`/workspaces/${encodeURIComponent(of)}/changes/${commit}`)
    if (answer.commit === chosen) changes = answer.changes
  })
}

function rollBack(commit: string): void {
  if (!confirm(`Put the files of ${of} back as they were at ${commit.slice(0, 10)}? Nothing of the history is lost.`)) return
  attempt(async () => {
    await send(`/operator/agents/${encodeURIComponent(of)}/roll-back`, { commit })
    await readWorkspace(of)
    return `The workspace of ${of} is as it was at ${commit.slice(0, 10)}.`
  })
}

/** Lines of a patch without its head, each with its kind. */
function patchLines(patch: string): TemplateResult {
  const lines = patch.split('\n').slice(4)
  if (lines.at(-1) === '') lines.pop()
  const kindOf = (line: string): string => (line.startsWith('+') ? 'plus' : line.startsWith('-') ? 'minus' : line.startsWith('@') ? 'place' : '')
  return html`<pre class="patch" tabindex="0"><code>${lines.map((line) => html`<span class=${kindOf(line)}>${line}\n</span>`)}</code></pre>`
}

const changeList = (): TemplateResult => {
  if (changes === null) return html`<p class="quiet">Reading…</p>`
  if (changes.length === 0) return html`<p class="quiet">This run changed nothing.</p>`
  return html`${changes.map(
    (one) => html`<details ?open=${changes?.length === 1}>
      <summary><span class="change ${one.change}">${one.change}</span> <code>${one.path}</code></summary>
      ${one.patch === null ? html`<p class="quiet">No text, or too long to compare.</p>` : patchLines(one.patch)}
    </details>`,
  )}`
}

/** States of an agent's workspace, newest first; one opens with what it changed. */
export const workspaceList = (): TemplateResult =>
  commits.length === 0
    ? html`<p class="quiet">No state kept yet: one is kept after every window.</p>`
    : html`<ol class="list commits">${commits.map(
        (one) => html`<li>
          <button class="row" aria-expanded=${one.commit === chosen ? 'true' : 'false'} @click=${() => choose(one.commit)}>
            <time title=${dayAndTime(one.at_ms)}>${clock(one.at_ms)}</time> ${one.message} <code>${one.commit.slice(0, 10)}</code>
          </button>
          ${
            one.commit === chosen
              ? html`<div class="changes">${changeList()}${store.who.role === 'operator' ? html`<button class="small" @click=${() => rollBack(one.commit)}>Roll back to this state</button>` : nothing}</div>`
              : nothing
          }
        </li>`,
      )}</ol>`
