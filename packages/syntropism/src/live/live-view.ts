import type { EconomyEvent } from '@syntropism/contract'
import { RESOURCES, freeMicro } from '@syntropism/economy'
import type { Live } from '@syntropism/runtime'
import { describeEvent } from '../terminal/describe.ts'
import { credits, percent, table } from '../terminal/format.ts'
import { type Size, bold, dim, openScreen } from '../terminal/screen.ts'

const QUESTIONS = ['interesting', 'useful', 'understandable'] as const
const REDRAW_MS = 250

interface Scoring {
  readonly prompt_id: string
  readonly scores: number[]
}

/** Why nothing happens, when nothing can. */
export function stillness(live: Live, lastRewardAtMs: number | null): string | null {
  const { state } = live.host
  const living = [...state.agents.values()].filter((agent) => agent.status !== 'dead')
  if (state.agents.size === 0) return 'no agents: start with --agents <folder>'
  if (living.length === 0) return 'all agents are dead'
  if (state.paused.everyone) return 'drained by the operator: no windows are sold until "syntropism operator resume"'
  if (!living.every((agent) => agent.status === 'dormant')) return null
  const minutes = Math.floor((live.host.now() - (lastRewardAtMs ?? live.host.now())) / 60_000)
  return `all agents sleep: ${lastRewardAtMs === null ? 'nobody has scored yet' : `nobody has scored for ${minutes} min`}${state.prompts.size > 0 ? '; press s' : ''}`
}

/** Prompts as a person meets them: highest bid first, earlier first. */
const rankedPrompts = (live: Live) => [...live.host.state.prompts.values()].sort((a, b) => b.amount_micro - a.amount_micro)

class View {
  readonly #live: Live
  readonly #head: readonly string[]
  readonly #quit: () => void
  readonly #lines: string[] = []
  readonly #contents = new Map<string, { title: string; report: string }>()
  #scoring: Scoring | null = null
  #lastRewardAtMs: number | null = null
  #notice = ''

  constructor(live: Live, head: readonly string[], quit: () => void) {
    this.#live = live
    this.#head = head
    this.#quit = quit
  }

  onEvent(event: EconomyEvent): void {
    if (event.type === 'prompt_filed')
      this.#contents.set(event.data.prompt_id, {
        report: String(event.data.content.report ?? JSON.stringify(event.data.content, null, 2)),
        title: String(event.data.content.title ?? ''),
      })
    if (event.type === 'human_reward_issued') this.#lastRewardAtMs = event.at_ms
    const line = describeEvent(event)
    if (line !== null) this.#lines.push(line)
    if (this.#lines.length > 200) this.#lines.shift()
  }

  onKey(key: string): void {
    if (key === 'q' || key === '\u0003') return this.#quit()
    if (this.#scoring === null) {
      if (key === 's') this.#begin()
      return
    }
    if (key === '\u001B') this.#scoring = null
    else if (key === 'k') this.#skip(this.#scoring.prompt_id)
    else if (/^[0-9]$/.test(key) || key === 'x') this.#answer(this.#scoring, key === 'x' ? 10 : Number(key))
  }

  #human(): string | null {
    return [...this.#live.host.state.humans.values()].find((human) => human.on_duty)?.human_id ?? null
  }

  #begin(): void {
    const first = rankedPrompts(this.#live)[0]
    this.#notice = first === undefined ? 'there is no open prompt yet' : this.#human() === null ? 'nobody is on duty' : ''
    if (first !== undefined && this.#notice === '') this.#scoring = { prompt_id: first.prompt_id, scores: [] }
  }

  #answer(scoring: Scoring, score: number): void {
    scoring.scores.push(score)
    if (scoring.scores.length < QUESTIONS.length) return
    const [interesting = 0, useful = 0, understandable = 0] = scoring.scores
    this.#scoring = null
    const human_id = this.#human()
    if (human_id !== null)
      this.#submit(
        this.#live.host.submit({
          human_id,
          owner: `human:${human_id}`,
          prompt_id: scoring.prompt_id,
          scores: { interesting, understandable, useful },
          type: 'score_prompt',
        }),
      )
  }

  #skip(promptId: string): void {
    this.#scoring = null
    const human_id = this.#human()
    if (human_id !== null) this.#submit(this.#live.host.submit({ human_id, owner: `human:${human_id}`, prompt_id: promptId, type: 'skip_prompt' }))
  }

  #submit(answer: ReturnType<Live['host']['submit']>): void {
    answer.then((outcome) => (this.#notice = outcome.ok ? '' : `refused: ${outcome.refusal.code}`)).catch((error: unknown) => (this.#notice = String(error)))
  }

  #market(): string {
    const { state } = this.#live.host
    return table([
      ['resource', 'credits/s', 'sold', 'of'],
      ...RESOURCES.filter((resource) => state.meters[resource].capacity > 0).map((resource) => [
        resource,
        credits(state.meters[resource].price_micro_per_s),
        percent(state.meters[resource].sold_ppm),
        String(state.meters[resource].capacity),
      ]),
    ])
  }

  #agents(): string {
    const { state } = this.#live.host
    const rows = [...state.agents.values()].map((agent) => [
      agent.agent_id,
      agent.status,
      credits(freeMicro(state, agent)),
      credits(agent.held_micro),
      agent.lease_id ?? '',
    ])
    return table([['agent', 'state', 'free', 'held', 'window'], ...rows.slice(0, 12)])
  }

  #desk(): string[] {
    const scoring = this.#scoring
    if (scoring === null) {
      const prompts = rankedPrompts(this.#live)
      return prompts.length === 0
        ? [dim('no open prompts')]
        : prompts
            .slice(0, 3)
            .map(
              (prompt) =>
                `${bold(prompt.prompt_id)} ${prompt.agent_id} bids ${credits(prompt.amount_micro)}: ${this.#contents.get(prompt.prompt_id)?.title ?? ''}`,
            )
    }
    const content = this.#contents.get(scoring.prompt_id)
    return [
      bold(`${scoring.prompt_id}: ${content?.title ?? ''}`),
      ...(content?.report.split('\n') ?? []),
      bold(`${QUESTIONS[scoring.scores.length]} (0–9, x = 10)? `) + scoring.scores.join(' / ') + dim('   k skip · esc back'),
    ]
  }

  lines({ columns, rows }: Size): string[] {
    const { ledger } = this.#live.host.state
    const supply = `granted ${credits(ledger.granted_micro)} + rewarded ${credits(ledger.rewarded_micro)} − burned ${credits(ledger.balances[1] ?? 0)}`
    const still = stillness(this.#live, this.#lastRewardAtMs)
    const top = [
      ...this.#head,
      '',
      bold(supply),
      '',
      ...this.#market().split('\n'),
      '',
      ...this.#agents().split('\n'),
      '',
      bold('Prompts'),
      ...this.#desk(),
      '',
      ...(still === null ? [] : [bold(still)]),
      ...(this.#notice === '' ? [] : [bold(this.#notice)]),
      dim('s score · q quit'),
      '',
    ]
    const wrapped = top.flatMap((line) => (line.length > columns * 2 ? [line.slice(0, columns * 2)] : [line]))
    const used = wrapped.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0)
    const tail = this.#lines.slice(-Math.max(0, rows - used - 1)).map((line) => line.slice(0, columns - 1))
    return [...wrapped, ...tail]
  }
}

/** The live view on a terminal: balances, prices, prompts, events, and scoring with a few keys. */
export function openView(live: Live, head: readonly string[], quit: () => void): { close(): void; onEvent(event: EconomyEvent): void } {
  const view = new View(live, head, quit)
  const { close } = openScreen(view, REDRAW_MS)
  return { close, onEvent: (event) => view.onEvent(event) }
}
