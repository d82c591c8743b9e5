import { type TemplateResult, html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { read, send } from './api.ts'
import { digestView, readDigest } from './digest.ts'
import { count, credits, timeLeft } from './format.ts'
import { markdown } from './markdown.ts'
import type { Prompt } from './prompt.ts'
import { type Person, capOf, mintedOf, ownDuty, peopleList, personNow, readPeople, signsOf } from './people.ts'
import { attempt, changed, economyNow, refreshing, say, store } from './store.ts'
import { type View, bringIntoSight } from './view.ts'

const QUESTIONS = ['interesting', 'useful', 'understandable'] as const
type Question = (typeof QUESTIONS)[number]
let prompts: Prompt[] = []
let worth = new Map<string, { judged: number; awarded_micro: number }>()
let selected: string | null = null
let ranking: 'bid' | 'worth' = 'bid'
let scores: Partial<Record<Question, number>> = {}
let reason = ''
let begunMs = 0
const took: number[] = []
let busy = false
const KEYS_SETTING = 'single-keys'
/** Single keys act wherever the focus is, unless they are switched off: who speaks to the machine would press them by talking. */
let singleKeys = localStorage.getItem(KEYS_SETTING) !== 'off'

const worthOf = (agentId: string): number => {
  const known = worth.get(agentId)
  return known === undefined || known.judged === 0 ? 0 : known.awarded_micro / known.judged
}
function pastOf(agentId: string): string {
  const judged = worth.get(agentId)?.judged ?? 0
  return judged === 0 ? 'no prompt of it was judged yet' : `${count(judged)} judged before, ${credits(worthOf(agentId))} credits each`
}
const ranked = (): Prompt[] =>
  ranking === 'bid' ? prompts : prompts.toSorted((one, other) => worthOf(other.agent_id) - worthOf(one.agent_id) || other.bid_micro - one.bid_micro)

type Part = 'desk' | 'digest' | 'people'
let part: Part = 'desk'

async function refresh(): Promise<void> {
  const [open, past] = await Promise.all([
    read<{ prompts: Prompt[] }>('/attention/prompts'),
    read<{ agents: { agent_id: string; judged: number; awarded_micro: number }[] }>('/attention/worth'),
    readPeople(),
    ...(part === 'digest' ? [readDigest()] : []),
  ])
  prompts = open.prompts
  worth = new Map(past.agents.map((one) => [one.agent_id, one]))
  if (prompts.some((one) => one.prompt_id === selected)) return
  if (selected !== null && !busy) say(`${selected} is no longer open: judged by another, taken back, or past its deadline.`)
  choose(ranked()[0]?.prompt_id ?? null)
}

function choose(id: string | null): void {
  if (id === selected) return
  selected = id
  scores = {}
  reason = ''
  begunMs = Date.now()
  changed()
}

const focusFirst = (): void => document.querySelector<HTMLInputElement>('.sliders input')?.focus()

function step(by: 1 | -1): void {
  const list = ranked()
  const at = list.findIndex((one) => one.prompt_id === selected)
  choose(list[Math.min(list.length - 1, Math.max(0, at + by))]?.prompt_id ?? null)
}

function judge(path: 'score' | 'skip'): void {
  const id = selected
  if (id === null || busy) return
  if (path === 'score' && QUESTIONS.some((question) => scores[question] === undefined))
    return say('Set all three scores first: digits 0–9, x for 10, or the arrows.')
  busy = true
  attempt(async () => {
    try {
      const body = { ...(path === 'score' ? scores : {}), ...(reason === '' ? {} : { reason }) }
      const answer = await send<{ credits_awarded_micro?: number }>(`/attention/prompts/${encodeURIComponent(id)}/${path}`, body)
      took.push(Date.now() - begunMs)
      await refresh()
      requestAnimationFrame(() => requestAnimationFrame(focusFirst))
      return path === 'score' ? `${id} scored: ${credits(answer.credits_awarded_micro ?? 0)} credits minted.` : `${id} skipped: its bid burns.`
    } finally {
      busy = false
    }
  })
}

const hasModifier = (event: KeyboardEvent): boolean => event.altKey || event.ctrlKey || event.metaKey
const scoreOf = ({ key }: KeyboardEvent): number | null => (key === 'x' ? 10 : /^[0-9]$/.test(key) ? Number(key) : null)

function onKey(event: KeyboardEvent): void {
  const { key, target } = event
  if (part !== 'desk' || !singleKeys || hasModifier(event) || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return
  if (key === 'n') return step(1)
  if (key === 'p') return step(-1)
  if (store.who.role !== 'human') return
  if (key === 'k') return judge('skip')
  const [value, question] = [scoreOf(event), QUESTIONS.find((one) => scores[one] === undefined)]
  if (value !== null && question !== undefined && !(target instanceof HTMLInputElement)) setScore(question, value)
}

function onSlider(event: KeyboardEvent, question: Question): void {
  if (event.key === 'Enter') return judge('score')
  const value = scoreOf(event)
  if (value === null || hasModifier(event)) return
  event.preventDefault()
  setScore(question, value)
}

/** Sets a score and goes on to the next. */
function setScore(question: Question, value: number): void {
  const inputOf = (one: Question): HTMLInputElement | null => document.querySelector<HTMLInputElement>(`#score-${one}`)
  const input = inputOf(question)
  // At once, so that an arrow before the next frame starts from here.
  if (input !== null) input.value = String(value)
  scores = { ...scores, [question]: value }
  inputOf(QUESTIONS[QUESTIONS.indexOf(question) + 1] ?? question)?.focus()
  changed()
}

const slider = (question: Question): TemplateResult => html`
  <div class="slider">
    <label for="score-${question}">${question}</label>
    <input
      id="score-${question}"
      type="range"
      min="0"
      max="10"
      step="1"
      class=${scores[question] === undefined ? 'unset' : ''}
      .value=${live(String(scores[question] ?? 5))}
      aria-valuetext=${scores[question] === undefined ? 'not set' : String(scores[question])}
      @keydown=${(event: KeyboardEvent) => onSlider(event, question)}
      @input=${(event: Event) => {
        scores = { ...scores, [question]: Number((event.target as HTMLInputElement).value) }
        changed()
      }}
    />
    <output for="score-${question}">${scores[question] ?? '–'}</output>
  </div>
`

const desk = (prompt: Prompt): TemplateResult => html`
  <article class="card prompt" aria-labelledby="prompt-title">
    <h2 id="prompt-title" dir="auto">${String(prompt.content.title ?? prompt.prompt_id)}</h2>
    <p class="facts">
      <a href="#/agents/${prompt.agent_id}">${prompt.agent_id}</a> bids ${credits(prompt.bid_micro)} credits · ${pastOf(prompt.agent_id)} · ${countdown(prompt)} left, unread it goes back in full
    </p>
    <div class="content">${markdown(String(prompt.content.report ?? `\`\`\`\n${JSON.stringify(prompt.content, null, 2)}\n\`\`\``))}</div>
    ${
      store.who.role === 'human'
        ? html`<form
            class="judgement"
            @submit=${(event: Event) => {
              event.preventDefault()
              judge('score')
            }}
          >
            <fieldset class="sliders">
              <legend>Scores, 0 to 10</legend>
              ${QUESTIONS.map(slider)}
            </fieldset>
            <label for="reason">Reason (optional)</label>
            <textarea id="reason" dir="auto" rows="2" maxlength="2000" .value=${live(reason)} @input=${(event: Event) => {
              reason = (event.target as HTMLTextAreaElement).value
            }}></textarea>
            <div class="buttons">
              <button class="primary">Score</button>
              <button type="button" @click=${() => judge('skip')}>Skip</button>
              <span class="quiet">Digits or arrows set a score, x is 10, Enter sends.</span>
              <label class="quiet"><input type="checkbox" .checked=${live(singleKeys)} @change=${(event: Event) => {
                singleKeys = (event.target as HTMLInputElement).checked
                localStorage.setItem(KEYS_SETTING, singleKeys ? 'on' : 'off')
              }} /> n and p change the prompt, k skips</label>
            </div>
          </form>`
        : html`<p class="quiet">Only a human’s token scores.</p>`
    }
  </article>
`

const median = (): number => took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0

/** A prompt that little time is left for. */
const SOON_MS = 60_000
function countdown(prompt: Prompt): TemplateResult {
  const left = prompt.deadline_at_ms - economyNow()
  return html`<span class="countdown ${left < SOON_MS ? 'soon' : ''}">${timeLeft(left)}</span>`
}

/** What is left of a person's attention, and whether it wanes. */
const own = (person: Person): TemplateResult => html`
  <div class="card own">
    <div>${capOf(person)}</div>
    <div>${mintedOf(person)}</div>
    <p class=${person.fatigue.signs.length === 0 ? 'quiet' : 'warn'}>${
      person.fatigue.signs.length > 0
        ? `Time for a rest? ${signsOf(person)}.`
        : took.length > 0
          ? `Judged in this sitting: ${took.length}, half of them in under ${timeLeft(median())}.`
          : 'Nothing judged in this sitting yet.'
    }</p>
  </div>
`

const list = (): TemplateResult => html`
  <div>
    <label class="rank">Rank by <select @change=${(event: Event) => {
      ranking = (event.target as HTMLSelectElement).value as typeof ranking
      changed()
    }}><option value="bid" ?selected=${ranking === 'bid'}>bid</option><option value="worth" ?selected=${ranking === 'worth'}>worth of past prompts</option></select></label>
    <ol class="list stacked" aria-label="Open prompts">
      ${ranked().map(
        (one) => html`<li>
          <button class="row" aria-pressed=${one.prompt_id === selected ? 'true' : 'false'} @click=${() => {
            choose(one.prompt_id)
            bringIntoSight('.prompt')
          }}>
            <strong dir="auto">${String(one.content.title ?? one.prompt_id)}</strong>
            <span>${one.agent_id} · ${credits(one.bid_micro)} credits · ${countdown(one)}</span>
          </button>
        </li>`,
      )}
    </ol>
  </div>
`

const prompted = (): TemplateResult =>
  prompts.length === 0
    ? html`<div class="card empty"><p><strong>No open prompts.</strong></p><p class="quiet">They appear here as agents file them, highest bid first. One that nobody reads before its deadline goes back in full.</p></div>`
    : html`<div class="split">${list()}${prompts.filter((one) => one.prompt_id === selected).map(desk)}</div>`

const PARTS: readonly (readonly [Part, string])[] = [
  ['desk', 'Desk'],
  ['digest', 'Digest'],
  ['people', 'People'],
]

/** The attention desk: open prompts, the one at hand, three scores; a digest; the people whose attention it is. */
export const deskView: View = {
  draw() {
    const person = personNow()
    return html`
      <div class="title-row">
        <h1>Attention</h1>
        <nav class="parts" aria-label="Parts of the desk">
          ${PARTS.map(([id, name]) => html`<a href="#/desk${id === 'desk' ? '' : `/${id}`}" aria-current=${id === part ? 'page' : nothing}>${name}</a>`)}
        </nav>
        ${store.who.role === 'human' ? ownDuty(person) : nothing}
      </div>
      ${part === 'desk' && person !== undefined ? own(person) : nothing}
      ${part === 'people' ? peopleList() : part === 'digest' ? digestView(ranked(), pastOf) : prompted()}
    `
  },
  enter(argument) {
    part = argument === 'digest' || argument === 'people' ? argument : 'desk'
    if (part === 'desk' && argument !== '') choose(argument)
    const stop = refreshing(refresh, (event) => event.type.startsWith('prompt_') || event.type === 'human_reward_issued' || event.type === 'duty_changed')
    const timer = setInterval(changed, 1000)
    document.addEventListener('keydown', onKey)
    return () => {
      stop()
      clearInterval(timer)
      document.removeEventListener('keydown', onKey)
    }
  },
}
