import { type TemplateResult, html, nothing } from 'lit-html'
import { read, send } from './api.ts'
import { bar } from './charts.ts'
import { clock, credits, span, timeLeft } from './format.ts'
import { attempt, economyNow, store } from './store.ts'

type Sign = 'faster' | 'milder' | 'slower' | 'stricter' | 'uniform'
interface Fatigue {
  readonly item_ms: number | null
  readonly item_ms_before: number | null
  readonly score_drift_points: number | null
  readonly score_spread_points: number | null
  readonly score_spread_points_before: number | null
  readonly signs: readonly Sign[]
}
export interface Person {
  readonly back_at_ms: number | null
  readonly fatigue: Fatigue
  readonly human_id: string
  readonly judged_last_hour: number
  readonly judgements_per_hour_max: number | null
  readonly mint_today_max_micro: number
  readonly minted_today_micro: number
  readonly on_duty: boolean
}

let people: readonly Person[] = []
export async function readPeople(): Promise<void> {
  people = (await read<{ humans: Person[] }>('/attention/humans')).humans
}
export const personNow = (): Person | undefined => (store.who.role === 'human' ? people.find((one) => one.human_id === store.who.name) : undefined)

const SIGNS: Readonly<Record<Sign, string>> = {
  faster: 'less than half the time per item than before',
  milder: 'scores drift up',
  slower: 'more than twice the time per item than before',
  stricter: 'scores drift down',
  uniform: 'nearly the same score for everything',
}

export const signsOf = ({ fatigue }: Person): string => fatigue.signs.map((sign) => SIGNS[sign]).join(', ')

/** On duty, on a break until a time, or away. */
export function dutyOf(person: Person): TemplateResult {
  if (person.on_duty) return html`<span class="state running">on duty</span>`
  if (person.back_at_ms === null) return html`<span class="state">off duty</span>`
  return html`<span class="state paused">resting</span> back in ${timeLeft(person.back_at_ms - economyNow())}`
}

async function giveDuty(person: string, body: object): Promise<void> {
  const isOwn = store.who.role === 'human'
  await send(isOwn ? '/attention/duty' : `/operator/humans/${encodeURIComponent(person)}/duty`, body, isOwn ? 'POST' : 'PUT')
  await readPeople()
}

const BREAKS = [5, 15, 60] as const
const MS_PER_MINUTE = 60_000

/** Buttons of a person's own duty. */
export function ownDuty(person: Person | undefined): TemplateResult {
  const on = person?.on_duty === true
  const give = (body: object, said: string): void =>
    attempt(async () => {
      await giveDuty('', body)
      return said
    })
  return html`<div class="duty" role="group" aria-label="Your duty">
    ${person === undefined ? nothing : dutyOf(person)}
    ${on ? nothing : html`<button class="small primary" @click=${() => give({ on_duty: true }, 'You are on duty: one more attention slot is for sale.')}>On duty</button>`}
    ${
      on
        ? html`<span class="quiet">Take a break of</span>${BREAKS.map(
            (minutes) =>
              html`<button class="small" @click=${() => give({ break_ms: minutes * MS_PER_MINUTE, on_duty: false }, `A break of ${minutes} minutes: your slot comes back by itself.`)}>${minutes} min</button>`,
          )}<button class="small" @click=${() => give({ on_duty: false }, 'You are off duty: prompts wait, and are returned when their time is over.')}>Leave</button>`
        : nothing
    }
  </div>`
}

function setCap(event: SubmitEvent, person: Person): void {
  event.preventDefault()
  const data = new FormData(event.target as HTMLFormElement)
  const cap = String(data.get('cap') ?? '').trim()
  const reason = String(data.get('reason') ?? '')
  attempt(async () => {
    const body = { judgements_per_hour_max: cap === '' ? null : Number(cap), on_duty: data.get('duty') === 'on' }
    await giveDuty(person.human_id, store.who.role === 'operator' ? { ...body, reason } : body)
    return cap === '' ? `${person.human_id} has no hourly cap.` : `${person.human_id} judges at most ${cap} prompts in any hour.`
  })
}

function capForm(person: Person): TemplateResult {
  const isOperator = store.who.role === 'operator'
  if (!isOperator && store.who.name !== person.human_id) return html``
  return html`<form class="inline" @submit=${(event: SubmitEvent) => setCap(event, person)}>
    <label>Judgements in any hour, at most <input name="cap" type="number" min="1" max="1000" size="5" placeholder="no cap" .value=${String(person.judgements_per_hour_max ?? '')} /></label>
    <label><input type="checkbox" name="duty" ?checked=${person.on_duty} /> on duty</label>
    ${isOperator ? html`<label>Why <input name="reason" required maxlength="256" /></label>` : nothing}
    <button>Set</button>
  </form>`
}

const signed = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(1)}`

const tired = ({ item_ms, item_ms_before, score_drift_points, score_spread_points, score_spread_points_before }: Fatigue): TemplateResult => html`
  <dl>
    <dt>Time per item</dt><dd>${item_ms === null ? 'too few to tell' : `${span(item_ms)}${item_ms_before === null ? '' : `, before ${span(item_ms_before)}`}`}</dd>
    <dt>Drift of scores</dt><dd>${score_drift_points === null ? 'too few to tell' : `${signed(score_drift_points)} points`}</dd>
    <dt>Spread of scores</dt><dd>${score_spread_points === null ? 'too few to tell' : `${score_spread_points.toFixed(1)} points${score_spread_points_before === null ? '' : `, before ${score_spread_points_before.toFixed(1)}`}`}</dd>
  </dl>
`

export function capOf({ judged_last_hour, judgements_per_hour_max }: Person): TemplateResult {
  if (judgements_per_hour_max === null) return html`<p>${judged_last_hour} judged in the last hour, no cap</p>`
  return html`<p>${judged_last_hour} of ${judgements_per_hour_max} judged in the last hour</p>${bar((judged_last_hour / judgements_per_hour_max) * 1_000_000, `${judged_last_hour} of ${judgements_per_hour_max} judgements`)}`
}
export const mintedOf = ({ minted_today_micro, mint_today_max_micro }: Person): TemplateResult => html`
  <p>${credits(minted_today_micro)} of ${credits(mint_today_max_micro)} credits minted today</p>
  ${bar(mint_today_max_micro === 0 ? 0 : (minted_today_micro / mint_today_max_micro) * 1_000_000, `${credits(minted_today_micro)} of ${credits(mint_today_max_micro)} credits`)}
`

const card = (person: Person): TemplateResult => html`
  <section class="card" aria-label=${person.human_id}>
    <div class="title-row"><h2>${person.human_id}</h2><span>${dutyOf(person)}</span></div>
    ${person.back_at_ms === null ? nothing : html`<p class="quiet">The slot comes back at ${clock(person.back_at_ms)}.</p>`}
    <div class="halves"><div>${capOf(person)}</div><div>${mintedOf(person)}</div></div>
    ${tired(person.fatigue)}
    ${person.fatigue.signs.length === 0 ? html`<p class="quiet">No sign of fatigue.</p>` : html`<p class="warn">Signs of fatigue: ${signsOf(person)}.</p>`}
    ${capForm(person)}
  </section>
`

/** Everyone whose attention is sold. */
export const peopleList = (): TemplateResult =>
  people.length === 0
    ? html`<p class="card empty">Nobody scores here yet: name people as <code>humans</code> in the configuration.</p>`
    : html`<div class="cards people">${people.map(card)}</div>`
