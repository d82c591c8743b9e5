import type { EconomyEvent } from '@syntropism/contract'
import { RESOURCES, freeMicro } from '@syntropism/economy'
import type { Live } from '@syntropism/runtime'
import { describeEvent } from '../terminal/describe.ts'
import { type OpenPrompt, openPrompts } from '../desk/open-prompts.ts'
import { amount, capacityOf, credits, cut, percent, table, tame, wrap } from '../terminal/format.ts'
import { type Screen, type Size, bold, dim, openScreen } from '../terminal/screen.ts'

const QUESTIONS = ['interesting', 'useful', 'understandable'] as const
const REDRAW_MS = 250
/** Lines kept for what happens, where there is room at all. */
const EVENTS_LEAST = 5
/** Rows that agents and events should have before the head says more than the address. */
const ROOMY = 16

interface Scoring {
  readonly prompt_id: string
  readonly scores: number[]
}

/** Why nothing happens, when nothing can. */
function stillness(live: Live, lastRewardAtMs: number | null): string | null {
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

/** The live view: what is sold, who lives, what waits for a person, what happens. */
export class LiveView implements Screen {
  readonly #live: Live
  readonly #head: readonly string[]
  readonly #quit: () => void
  readonly #lines: string[] = []
  readonly #contents = new Map<string, { title: string; report: string }>()
  #scoring: Scoring | null = null
  #lastRewardAtMs: number | null = null
  #notice = ''
  #showsTokens: boolean

  constructor(live: Live, head: readonly string[], quit: () => void) {
    this.#live = live
    this.#head = head
    this.#quit = quit
    this.#showsTokens = live.created_tokens.length > 0
  }

  /** What a prompt says; those of before the start are told by the one who opens the view. */
  remember({ content, prompt_id }: Pick<OpenPrompt, 'content' | 'prompt_id'>): void {
    this.#contents.set(prompt_id, { report: String(content.report ?? JSON.stringify(content, null, 2)), title: tame(String(content.title ?? prompt_id)) })
  }

  onEvent(event: EconomyEvent): void {
    if (event.type === 'prompt_filed') this.remember(event.data)
    if (event.type === 'prompt_ended') this.#contents.delete(event.data.prompt_id)
    if (event.type === 'human_reward_issued') this.#lastRewardAtMs = event.at_ms
    const line = describeEvent(event)
    if (line !== null) this.#lines.push(line)
    if (this.#lines.length > 200) this.#lines.shift()
  }

  onKey(key: string): void {
    if (key === 'q' || key === '\u0003') return this.#quit()
    const wasShown = this.#showsTokens
    this.#showsTokens = key === 't' && !wasShown && this.#scoring === null && this.#live.created_tokens.length > 0
    if (key === 't') return
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
        capacityOf(resource, state.meters[resource].capacity),
      ]),
    ])
  }

  #agents(): string {
    const { state } = this.#live.host
    const rows = [...state.agents.values()]
      .filter((agent) => agent.status !== 'dead')
      .map((agent) => [agent.agent_id, agent.status, amount(freeMicro(state, agent)), amount(agent.held_micro), agent.lease_id ?? ''])
    return table([['agent', 'state', 'free', 'held', 'window'], ...rows.slice(0, 12)])
  }

  /** The prompt being scored, or those that wait; its question stays in sight however long its text is. */
  #desk(columns: number, rows: number): string[] {
    const scoring = this.#scoring
    if (scoring === null) {
      const prompts = rankedPrompts(this.#live).slice(0, 3)
      if (prompts.length === 0) return [dim('no open prompts')]
      return prompts.map(({ agent_id, amount_micro, prompt_id }) => {
        const rest = ` ${agent_id} bids ${credits(amount_micro)}: ${this.#contents.get(prompt_id)?.title ?? ''}`
        return bold(prompt_id) + cut(rest, columns - prompt_id.length)
      })
    }
    const content = this.#contents.get(scoring.prompt_id)
    const report = wrap(content?.report ?? '', columns)
    const room = Math.max(1, rows - 2)
    return [
      bold(cut(`${scoring.prompt_id}: ${content?.title ?? ''}`, columns)),
      ...(report.length <= room ? report : [...report.slice(0, room - 1), dim(cut(`… ${report.length - room + 1} more lines: in the console`, columns))]),
      QUESTIONS.map((question, index) => (index === scoring.scores.length ? bold(`${question}?`) : `${question} ${scoring.scores[index] ?? '–'}`)).join('   '),
    ]
  }

  #tokens({ columns, rows }: Size): string[] {
    const { created_tokens: tokens, url } = this.#live
    return [
      ...wrap(`The console is at ${url}. Log in with one of these tokens; only their hashes are kept, so they are shown at this start alone:`, columns),
      '',
      ...tokens.flatMap(({ name, token }) => [`${name}:`, bold(token)]),
      '',
      ...wrap('A human scores, an operator gives orders, an observer watches. In another terminal: export SYNTROPISM_TOKEN=…', columns),
      '',
      dim(cut('any key goes on · t shows them again', columns)),
    ].slice(0, rows - 1)
  }

  /** From the top: what is sold, who lives, the desk, what can be pressed, what happens. Where there is little room the desk stays longest. */
  lines(size: Size): string[] {
    if (this.#showsTokens) return this.#tokens(size)
    const { columns, rows } = size
    const still = stillness(this.#live, this.#lastRewardAtMs)
    const free = ['s score', ...(this.#live.created_tokens.length > 0 ? ['t tokens'] : []), 'q quit']
    const keys = cut((this.#scoring === null ? free : ['0–9, x = 10', 'k skip', 'esc back']).join(' · '), columns)
    const foot = [...[still ?? '', this.#notice].filter((line) => line !== '').map((line) => bold(cut(line, columns))), dim(keys)]
    const desk = this.#desk(columns, rows - 1 - foot.length)
    let room = rows - 1 - desk.length - foot.length
    const take = (wanted: readonly string[], least: number): string[] => {
      const taken = room < least ? [] : wanted.slice(0, room)
      room -= taken.length
      return taken
    }
    const { ledger } = this.#live.host.state
    const supply = `granted ${credits(ledger.granted_micro)} + rewarded ${credits(ledger.rewarded_micro)} − burned ${credits(ledger.balances[1] ?? 0)}`
    const market = this.#market().split('\n')
    const agents = this.#agents().split('\n')
    const [first = '', ...head] = this.#head.map((line) => cut(line, columns))
    const top = take([first], 1)
    const sold = take([bold(cut(supply, columns)), '', ...market.map((line) => cut(line, columns)), ''], market.length + 3)
    const ahead = take(['', bold('Prompts')], 2)
    const more = take(head, head.length + ROOMY)
    const living = take([...agents.slice(0, Math.max(3, room - EVENTS_LEAST)).map((line) => cut(line, columns))], 3)
    const tail = room < 2 ? [] : ['', ...this.#lines.slice(1 - room).map((line) => cut(line, columns))]
    return [...top, ...more, ...sold, ...living, ...ahead, ...desk, ...foot, ...tail]
  }
}

/** The live view on a terminal: balances, prices, prompts, events, and scoring with a few keys. */
export async function openView(live: Live, head: readonly string[], quit: () => void): Promise<{ close(): void; onEvent(event: EconomyEvent): void }> {
  const view = new LiveView(live, head, quit)
  for (const prompt of await openPrompts(live.queries)) view.remember(prompt)
  const { close } = openScreen(view, REDRAW_MS)
  return { close, onEvent: (event) => view.onEvent(event) }
}
