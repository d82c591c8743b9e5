import { type TemplateResult, html, nothing, render } from 'lit-html'
import { type LoginEnd, logIn, logOut, onLoginEnd, whoAmI } from './api.ts'
import { agentsView } from './agents.ts'
import { deskView } from './desk.ts'
import { eventsView } from './events.ts'
import { ledgerView } from './ledger.ts'
import { marketView } from './market.ts'
import { clock } from './format.ts'
import { operatorView, readAlerts, unseenAlerts } from './operator.ts'
import { runsView } from './runs.ts'
import { screenView } from './screen.ts'
import { attempt, begin, changed, end, load, onChange, readEconomy, refreshing, say, store, together } from './store.ts'
import type { View } from './view.ts'

const VIEWS: Readonly<Record<string, View>> = {
  agents: agentsView,
  desk: deskView,
  events: eventsView,
  ledger: ledgerView,
  market: marketView,
  operator: operatorView,
  runs: runsView,
  screen: screenView,
}
const NAMES: Readonly<Record<string, string>> = {
  agents: 'Agents',
  desk: 'Attention',
  events: 'Events',
  ledger: 'Ledger',
  market: 'Market',
  operator: 'Operator',
  runs: 'Runs',
  screen: 'Public screen',
}
const ORDER = ['desk', 'market', 'ledger', 'agents', 'runs', 'events', 'operator']
const ALERTS_MS = 15_000

let current = ''
let leave: (() => void) | null = null
let leaveSupply: (() => void) | null = null

function go(): void {
  if (store.who.role === null) return
  const [name = '', argument = ''] = location.hash.replace(/^#\/?/, '').split('/')
  const next = VIEWS[name] === undefined ? (store.who.role === 'human' ? 'desk' : 'market') : name
  leave?.()
  if (next !== current && current !== '') {
    store.notice = ''
    queueMicrotask(() => document.querySelector<HTMLElement>('main')?.focus())
  }
  current = next
  document.title = `${NAMES[next] ?? ''} · Syntropism`
  leave = VIEWS[next]?.enter(decodeURIComponent(argument)) ?? null
  changed()
}

async function enter(): Promise<void> {
  if (store.who.role === null) return
  await begin()
  const timer = setInterval(() => load(readAlerts), ALERTS_MS)
  load(readAlerts)
  leaveSupply = together(refreshing(readEconomy), () => clearInterval(timer))
  go()
}

function submitLogin(event: SubmitEvent): void {
  event.preventDefault()
  const token = String(new FormData(event.target as HTMLFormElement).get('token') ?? '').trim()
  attempt(async () => {
    store.who = await logIn(token)
    await enter()
    return ''
  })
}

function leaveSession(): void {
  attempt(async () => {
    forget(await logOut())
    return 'You are logged out.'
  })
}
function forget(who: typeof store.who): void {
  store.who = who
  leave?.()
  leaveSupply?.()
  leave = leaveSupply = null
  current = ''
  end()
}
const OVER: Readonly<Record<LoginEnd, string>> = {
  ended: 'You were logged out, in another tab or window of this browser.',
  expired: 'Your login is over: its twelve hours have passed.',
  revoked: 'Your token is no longer valid: ask for a new one.',
}
onLoginEnd((why) => {
  forget({ economy_id: '', role: null })
  say(`${why === null ? 'Your login is over: it lasts twelve hours, or until the economy is started again.' : OVER[why]} Log in again to go on where you were.`)
  // After the drawing that puts the field there.
  requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector<HTMLElement>('#token')?.focus()))
})

const login = (): TemplateResult => html`
  <main class="login" tabindex="-1">
    <h1>Syntropism</h1>
    <p>Log in with the token of a human, an operator or an observer. <code>syntropism live</code> showed them at its first start; <code>--new-tokens</code> makes new ones.</p>
    <form @submit=${submitLogin}>
      <label for="token">Token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required spellcheck="false" aria-describedby="login-notice" />
      <button class="primary">Log in</button>
    </form>
    <p id="login-notice" role="status">${store.notice}</p>
  </main>
`

function badge(): TemplateResult | typeof nothing {
  const unseen = unseenAlerts()
  return unseen === 0 ? nothing : html` <span class="badge">${unseen}<span class="hidden"> new alerts</span></span>`
}

/** That what is seen is of a moment that is over. */
const silence = (): TemplateResult | typeof nothing =>
  store.silent_since_ms === null
    ? nothing
    : html`<p class="notice silence" role="alert">The economy does not answer since ${clock(store.silent_since_ms)}: what you see is from then. The console goes on by itself when it is back.</p>`

const screen = (): TemplateResult =>
  html`<main id="main" class="screen" tabindex="-1"><p class="hidden" role="status">${store.notice}</p>${silence()}${screenView.draw()}</main>`

const frame = (): TemplateResult => html`
  <a class="skip-link" href="#main" @click=${(event: Event) => {
    event.preventDefault()
    document.querySelector<HTMLElement>('main')?.focus()
  }}>To the content</a>
  <header>
    <span class="brand">Syntropism</span>
    <nav aria-label="Views">
      ${ORDER.map((name) => html`<a href="#/${name}" aria-current=${name === current ? 'page' : nothing}>${NAMES[name]}${name === 'operator' ? badge() : nothing}</a>`)}
    </nav>
    <span class="live ${store.is_live ? 'on' : ''}">${store.is_live ? 'live' : store.silent_since_ms === null ? 'connecting…' : 'no answer'} <span class="seq">#${store.last_seq}</span></span>
    <span class="who"><a class="quiet" href="#/screen">Public screen</a> ${store.who.name} <button class="small" @click=${leaveSession}>Log out</button></span>
  </header>
  <main id="main" tabindex="-1">
    ${silence()}
    <p class="notice" role="status">${store.notice}</p>
    ${VIEWS[current]?.draw() ?? nothing}
  </main>
`

onChange(() => {
  const root = document.querySelector<HTMLElement>('#app')
  if (root !== null) render(store.who.role === null ? login() : current === 'screen' ? screen() : frame(), root)
})
window.addEventListener('hashchange', go)
attempt(async () => {
  store.who = await whoAmI()
  changed()
  await enter()
  return ''
})
