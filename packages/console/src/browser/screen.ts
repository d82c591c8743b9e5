import { type TemplateResult, html, nothing } from 'lit-html'
import { read, whoAmI } from './api.ts'
import { bar, lineChart } from './charts.ts'
import { describe } from './describe.ts'
import { clock, count, credits, percent, roughly } from './format.ts'
import { changed, economyNow, load, refreshing, store, together } from './store.ts'
import type { View } from './view.ts'

interface Resource {
  readonly capacity: number
  readonly price_micro_per_s: number
  readonly resource: string
  readonly utilisation_ppm: number
}

const SHOWN = 12
/** What says something from afar; movements, calls and bids are many and small. */
const TOLD = new Set([
  'agent_awake',
  'agent_created',
  'agent_died',
  'agent_dormant',
  'agent_spawned',
  'execution_terminated',
  'human_reward_issued',
  'market_cleared',
  'operator_acted',
  'price_update',
  'prompt_filed',
  'service_invoked',
])
const RENEW_MS = 3_600_000

let resources: readonly Resource[] = []
let history = new Map<string, readonly number[]>()
let states: Readonly<Record<string, number>> = {}
let prompts = 0

async function refresh(): Promise<void> {
  const [market, agents, open] = await Promise.all([
    read<{ resources: Resource[] }>('/market/state'),
    read<{ states: Record<string, number> }>('/agents?limit=1'),
    read<{ prompts: unknown[] }>('/attention/prompts'),
  ])
  resources = market.resources.filter((one) => one.capacity > 0)
  states = agents.states
  prompts = open.prompts.length
  for (const { price_micro_per_s, resource } of resources) history.set(resource, [...(history.get(resource) ?? []), price_micro_per_s].slice(-240))
}

async function readHistory(): Promise<void> {
  const found = new Map<string, readonly number[]>()
  for (const resource of ['cpu', 'memory', 'llm', 'attention']) {
    const { prices } = await read<{ prices: { new_price_micro_per_s: number }[] }>(`/market/prices/history?resource=${resource}&limit=120`)
    found.set(
      resource,
      prices.map((one) => one.new_price_micro_per_s),
    )
  }
  history = found
}

const figure = (label: string, value: string, note: string): TemplateResult =>
  html`<div class="card"><p class="label">${label}</p><p class="figure">${value}</p><p class="quiet">${note}</p></div>`

const price = (one: Resource): TemplateResult => html`<section class="card" aria-label=${one.resource}>
  <p class="label">${one.resource}</p>
  <p class="figure">${credits(one.price_micro_per_s)} <small>credits/s</small></p>
  ${lineChart(history.get(one.resource) ?? [], { label: `Price of ${one.resource}, now ${credits(one.price_micro_per_s)} credits a second` })}
  <p>${percent(one.utilisation_ppm)} sold</p>
  ${bar(one.utilisation_ppm, `${percent(one.utilisation_ppm)} of ${one.resource} sold`)}
</section>`

/** For a screen on a wall: figures that can be read from afar, nothing to press, and nothing of what agents wrote to people. */
export const screenView: View = {
  draw: () => html`
    <div class="title-row"><h1>Syntropism</h1><span class="figure clock">${clock(economyNow())}</span><a class="leave" href="#/market">Leave the public screen</a></div>
    <div class="cards">
      ${figure('In circulation', store.economy === null ? '–' : roughly(store.economy.circulating_micro), store.economy === null ? '' : `${roughly(store.economy.rewarded_micro)} rewarded, ${roughly(store.economy.burned_micro)} burned`)}
      ${figure('Agents alive', store.economy === null ? '–' : count(store.economy.living_agents), `${count(states.running ?? 0)} running, ${count(states.waiting ?? 0)} waiting, ${count(states.dormant ?? 0)} asleep, ${count(states.dead ?? 0)} dead`)}
      ${figure('Waiting for attention', count(prompts), prompts === 1 ? 'prompt' : 'prompts')}
    </div>
    <div class="cards">${resources.map(price)}</div>
    <section class="card" aria-labelledby="latest">
      <h2 id="latest">What happens</h2>
      <ol class="list latest">${store.events
        .filter((event) => TOLD.has(event.type))
        .slice(-SHOWN)
        .reverse()
        .map((event) => html`<li><time>${clock(event.at_ms)}</time> ${describe(event)}</li>`)}</ol>
    </section>
    ${store.is_live ? nothing : html`<p class="warn">The connection is being made again.</p>`}
  `,
  enter() {
    load(readHistory)
    const timers = [setInterval(changed, 1000), setInterval(() => load(async () => void (await whoAmI())), RENEW_MS)]
    return together(refreshing(refresh, undefined, 2000), ...timers.map((timer) => () => clearInterval(timer)))
  },
}
