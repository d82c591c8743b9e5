import { type TemplateResult, html } from 'lit-html'
import { clock, credits, dayAndTime, words } from './format.ts'

/** One turn in an agent's life, or a bid of its that came to nothing. */
export interface Turn {
  readonly at_ms: number
  readonly data: Readonly<Record<string, never>>
  readonly seq: number
  readonly type: string
}

const REASONS: Readonly<Record<string, string>> = {
  crashed: 'it crashed too often in a row',
  insufficient_credits: 'it cannot pay another window',
  voluntary: 'it has neither a window nor a bid',
}
const reason = (name: unknown): string => REASONS[String(name)] ?? words(String(name))

/** What would have won, as far as anything would. */
const wouldHaveWon = (micro: unknown): string => (typeof micro === 'number' ? `; ${credits(micro)} would have won` : '')

/** What a turn was, and why. */
function told({ data, type }: Turn): string {
  switch (type) {
    case 'agent_created':
      return `Made, with ${credits(Number(data.grant_micro ?? 0))} credits granted`
    case 'agent_spawned':
      return `Spawned by ${String(data.parent_id)}, with ${credits(Number(data.initial_balance_micro ?? 0))} credits`
    case 'agent_dormant':
      return `Fell asleep: ${reason(data.reason)}`
    case 'agent_awake':
      return `Woken by ${data.awakened_by === 'self' ? 'its own bid' : String(data.awakened_by)}`
    case 'agent_died':
      return `Died (${words(String(data.cause))}): ${words(String(data.reason))}; ${credits(Number(data.estate_micro ?? 0))} left behind`
    case 'bid_rejected':
      return `Lost ${data.bid_id === null ? 'a bid' : String(data.bid_id)}: ${words(String(data.reason))}${wouldHaveWon(data.lowest_winning_micro)}`
    case 'bid_withdrawn':
      return `Took ${String(data.bid_id)} back: ${words(String(data.reason))}${wouldHaveWon(data.lowest_winning_micro)}`
    default:
      return words(type)
  }
}

const TONE: Readonly<Record<string, string>> = { agent_awake: 'good', agent_died: 'bad', bid_rejected: 'bad' }

/** The turns of a life, newest first, each with the event that proves it. */
export const turnsList = (turns: readonly Turn[]): TemplateResult =>
  turns.length === 0
    ? html`<p class="quiet">Nothing has happened yet.</p>`
    : html`<ol class="turns">${turns.map(
        (turn) =>
          html`<li class=${TONE[turn.type] ?? ''}><span title=${dayAndTime(turn.at_ms)}>${clock(turn.at_ms)}</span> ${told(turn)} <a href="#/events/${turn.seq}" aria-label="Event ${turn.seq}">#${turn.seq}</a></li>`,
      )}</ol>`
