import { credits } from '../terminal/format.ts'
import { type LocalFlags, callService } from '../terminal/local.ts'
import { type Screen, type Size, bold, dim, isTerminal, openScreen } from '../terminal/screen.ts'
import { ConfigError } from '@syntropism/runtime'

export interface DeskPrompt {
  readonly agent_id: string
  readonly bid_micro: number
  readonly content: Readonly<Record<string, unknown>>
  readonly deadline_at_ms: number
  readonly prompt_id: string
}
export interface DeskService {
  prompts(): Promise<readonly DeskPrompt[]>
  score(id: string, scores: { interesting: number; understandable: number; useful: number }): Promise<{ credits_awarded_micro: number }>
  skip(id: string): Promise<void>
}

const QUESTIONS = ['interesting', 'useful', 'understandable'] as const

/** Control characters that an agent's text might steer a terminal with. */
// oxlint-disable-next-line no-control-regex
const tame = (text: string): string => text.replaceAll(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/g, '')

/** Lines of a text no wider than this. */
const wrap = (text: string, columns: number): string[] =>
  tame(text)
    .split('\n')
    .flatMap((line) => line.match(new RegExp(`.{1,${Math.max(20, columns)}}`, 'gu')) ?? [''])

/** The attention desk on a terminal: one prompt at a time, three digits and Enter. */
export class DeskScreen implements Screen {
  readonly #service: DeskService
  readonly #quit: () => void
  #prompts: readonly DeskPrompt[] = []
  #at = 0
  #scores: number[] = []
  #notice = ''

  constructor(service: DeskService, quit: () => void) {
    this.#service = service
    this.#quit = quit
  }

  async refresh(): Promise<void> {
    const current = this.#prompts[this.#at]?.prompt_id
    this.#prompts = await this.#service.prompts()
    const same = this.#prompts.findIndex((one) => one.prompt_id === current)
    if (same < 0) this.#scores = []
    this.#at = Math.max(0, same)
  }

  onKey(key: string): void {
    const prompt = this.#prompts[this.#at]
    if (key === 'q' || key === '\u0003') return this.#quit()
    if (key === 'n' || key === 'p') return this.#move(key === 'n' ? 1 : -1)
    if (prompt === undefined) return
    if (key === '\u007F' || key === '\b') this.#scores.pop()
    else if (key === 'k') this.#judge(this.#service.skip(prompt.prompt_id).then(() => `${prompt.prompt_id} skipped: its bid burns`))
    else if (/^[0-9x]$/.test(key) && this.#scores.length < QUESTIONS.length) this.#scores.push(key === 'x' ? 10 : Number(key))
    else if (key === '\r' || key === '\n') this.#send(prompt)
  }

  #move(by: 1 | -1): void {
    this.#at = Math.min(Math.max(0, this.#prompts.length - 1), Math.max(0, this.#at + by))
    this.#scores = []
  }

  #send(prompt: DeskPrompt): void {
    const [interesting, useful, understandable] = this.#scores
    if (interesting === undefined || useful === undefined || understandable === undefined) {
      this.#notice = 'three scores first: digits, x is 10'
      return
    }
    const said = this.#service.score(prompt.prompt_id, { interesting, understandable, useful })
    this.#judge(said.then(({ credits_awarded_micro: micro }) => `${prompt.prompt_id} scored: ${credits(micro)} credits minted`))
  }

  #judge(answer: Promise<string>): void {
    this.#scores = []
    answer.then(
      async (said) => {
        this.#notice = said
        await this.refresh()
      },
      (error: unknown) => (this.#notice = error instanceof Error ? error.message : String(error)),
    )
  }

  lines({ columns, rows }: Size): string[] {
    const prompt = this.#prompts[this.#at]
    const foot = [this.#notice === '' ? '' : bold(this.#notice), dim('0–9, x = 10 score · backspace · enter send · k skip · n p next, previous · q quit')]
    if (prompt === undefined) return [bold('Attention desk'), '', 'No open prompts.', '', ...foot]
    const { content } = prompt
    const report = wrap(String(content.report ?? JSON.stringify(content, null, 2)), columns)
    const head = [
      bold(tame(`${this.#at + 1} of ${this.#prompts.length}  ${String(content.title ?? prompt.prompt_id)}`).slice(0, columns)),
      `${prompt.prompt_id} · ${prompt.agent_id} bids ${credits(prompt.bid_micro)} · until ${new Date(prompt.deadline_at_ms).toISOString().slice(11, 19)}`,
      '',
    ]
    const scores = QUESTIONS.map((question, index) => `${index === this.#scores.length ? bold(question) : question} ${this.#scores[index] ?? '–'}`).join('   ')
    const room = Math.max(1, rows - head.length - foot.length - 4)
    const more = report.length > room ? [dim(`… ${report.length - room} more lines: see the console, or "prompts"`)] : []
    return [...head, ...report.slice(0, room), ...more, '', scores, ...foot]
  }
}

const EVERY_MS = 1000

/** Scores prompts at this terminal, in the name of the token's human. */
export async function runDesk(flags: LocalFlags): Promise<void> {
  if (!isTerminal()) throw new ConfigError('--score needs a terminal; elsewhere use "syntropism score" and "syntropism skip"')
  const path = (id: string, action: string): string => `/attention/prompts/${encodeURIComponent(id)}/${action}`
  const service: DeskService = {
    prompts: async () => (await callService(flags, 'GET', '/attention/prompts')).prompts as DeskPrompt[],
    score: async (id, scores) => (await callService(flags, 'POST', path(id, 'score'), scores)) as { credits_awarded_micro: number },
    skip: async (id) => void (await callService(flags, 'POST', path(id, 'skip'), {})),
  }
  await new Promise<void>((done, fail) => {
    const end = (finish: () => void): void => {
      clearInterval(timer)
      screen.close()
      finish()
    }
    const desk = new DeskScreen(service, () => end(done))
    const screen = openScreen(desk, 250)
    const refresh = (): void => void desk.refresh().catch((error: unknown) => end(() => fail(error)))
    const timer = setInterval(refresh, EVERY_MS)
    refresh()
  })
}
