import { type TemplateResult, html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { send } from './api.ts'
import { words } from './format.ts'
import { attempt, changed, store } from './store.ts'
import { type Unit, choicesOf, groupsOf, parsed, shown, unitOf } from './units.ts'

type Params = Readonly<Record<string, unknown>>

let params: Params = {}
/** What was typed and not ordered yet, by the number's path. */
let typed = new Map<string, string>()
let reason = ''

export const takeParams = (now: Params): void => void (params = now)

type Entry = readonly [path: string, value: boolean | number | string]
const flat = (value: unknown, path: string): Entry[] =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
    ? [[path, value]]
    : value === null || typeof value !== 'object' || Array.isArray(value)
      ? []
      : Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`))

function type(path: string, text: string): void {
  typed.set(path, text)
  changed()
}

/** Entries that differ from what is in force, with the value that they would get; undefined for what is none. */
function edits(): { readonly path: string; readonly before: string; readonly text: string; readonly value: boolean | number | string | undefined }[] {
  return flat(params, '').flatMap(([path, value]) => {
    const text = typed.get(path)
    const before = shown(path, value)
    return text === undefined || text === before ? [] : [{ before, path, text, value: parsed(path, value, text) }]
  })
}

/** Nested changes as the service takes them. */
function changesOf(edited: ReturnType<typeof edits>): object {
  const changes: Record<string, unknown> = {}
  for (const { path, value } of edited) {
    const keys = path.split('.')
    let at = changes
    for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>
    at[keys.at(-1) as string] = value
  }
  return changes
}

function order(event: SubmitEvent): void {
  event.preventDefault()
  const edited = edits()
  attempt(async () => {
    const answer = await send<{ params: Params }>('/operator/rules', { changes: changesOf(edited), reason })
    params = answer.params
    typed = new Map()
    reason = ''
    return `Changed: ${edited.map(({ path, text }) => `${words(path)} is ${text}`).join(', ')}.`
  })
}

function input(path: string, value: Entry[1], id: string): TemplateResult {
  const text = typed.get(path) ?? shown(path, value)
  const choices = choicesOf(path, value)
  const isReadOnly = store.who.role !== 'operator'
  if (choices !== null)
    return html`<select id=${id} ?disabled=${isReadOnly} @change=${(event: Event) => type(path, (event.target as HTMLSelectElement).value)}>${choices.map((one) => html`<option value=${one} ?selected=${one === text}>${one}</option>`)}</select>`
  return html`<input id=${id} inputmode="decimal" size="12" ?readonly=${isReadOnly} aria-invalid=${typed.has(path) && parsed(path, value, text) === undefined ? 'true' : nothing} .value=${live(text)} @input=${(event: Event) => type(path, (event.target as HTMLInputElement).value)} />`
}

const field = ([path, value]: Entry): TemplateResult => {
  const id = `rule-${path.replaceAll('.', '-')}`
  const unit: Unit = unitOf(path, value)
  const isEdited = typed.has(path) && typed.get(path) !== shown(path, value)
  return html`<div class="rule ${isEdited ? 'edited' : ''}"><label for=${id}>${unit.label}</label>${input(path, value, id)}<span class="quiet">${unit.name}</span></div>`
}

const orderForm = (): TemplateResult | typeof nothing => {
  const edited = edits()
  if (edited.length === 0) return nothing
  const wrong = edited.filter((one) => one.value === undefined)
  return html`<form class="card pending" @submit=${order} aria-label="Changes to order">
    <ul>${edited.map(({ before, path, text }) => html`<li>${words(path.replaceAll('.', ' '))}: ${before} → <strong>${text}</strong></li>`)}</ul>
    ${wrong.length === 0 ? nothing : html`<p class="warn">${wrong.map((one) => words(one.path)).join(', ')}: a number is needed, no finer than the unit allows.</p>`}
    <div class="inline">
      <label>Why <input name="reason" required maxlength="256" .value=${live(reason)} @input=${(event: Event) => {
        reason = (event.target as HTMLInputElement).value
      }} /></label>
      <button class="primary" ?disabled=${wrong.length > 0}>Change</button>
      <button type="button" @click=${() => {
        typed = new Map()
        changed()
      }}>Forget</button>
    </div>
  </form>`
}

/** Every number of the rules by what it is about; an operator changes several at once, with a reason. */
export function rulesForm(): TemplateResult {
  const groups = groupsOf(flat(params, ''))
  return html`
    ${groups.map(({ entries, name, note }, index) => html`<details class="group" ?open=${index < 2}><summary><strong>${name}</strong> <span class="quiet">${note}</span></summary><div class="grid">${entries.map(field)}</div></details>`)}
    ${orderForm()}
  `
}
