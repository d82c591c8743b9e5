import { credits, cut, tame, wrap } from '../terminal/format.ts'
import { type LocalFlags, Unreachable, callService } from '../terminal/local.ts'
import { type Screen, type Size, bold, dim, isTerminal, openScreen } from '../terminal/screen.ts'
import { ConfigError, reasonOf } from '@syntropism/runtime'
import type { OpenPrompt } from './open-prompts.ts'

export interface DeskService {
  prompts(): Promise<readonly OpenPrompt[]>
  score(id: string, scores: { interesting: number; understandable: number; useful: number }): Promise<{ credits_awarded_micro: number }>
  skip(id: string): Promise<void>
}

const QUESTIONS = ['interesting', 'useful', 'understandable'] as const

const KEYS = '0–9, x = 10 score · backspace · enter send · k skip · n p other · q quit'

/** The attention desk on a terminal: one prompt at a time, three digits and Enter. */
export class DeskScreen implements Screen {
  readonly #service: DeskService
  readonly #quit: () => void
  #prompts: readonly OpenPrompt[] = []
  #at = 0
  #scores: number[] = []
  #notice = ''
  #isRead = false
  /** An answer to what was judged here is on its way. */
  #judging = false

  constructor(service: DeskService, quit: () => void) {
    this.#service = service
    this.#quit = quit
  }

  async refresh(): Promise<void> {
    try {
      this.#take(await this.#service.prompts())
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      this.#notice = `${error.message}; trying again`
    }
  }

  #take(prompts: readonly OpenPrompt[]): void {
    const current = this.#prompts[this.#at]?.prompt_id
    this.#prompts = prompts
    this.#isRead = true
    const same = prompts.findIndex((one) => one.prompt_id === current)
    if (this.#notice.endsWith('trying again')) this.#notice = ''
    if (same < 0) this.#scores = []
    if (same < 0 && current !== undefined && !this.#judging) this.#notice = `${current} is no longer open: judged elsewhere, taken back, or past its deadline`
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

  #send(prompt: OpenPrompt): void {
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
    this.#judging = true
    answer
      .then(async (said) => {
        await this.refresh()
        this.#notice = said
      })
      .catch((error: unknown) => (this.#notice = reasonOf(error)))
      .finally(() => (this.#judging = false))
  }

  lines({ columns, rows }: Size): string[] {
    const prompt = this.#prompts[this.#at]
    const foot = [...(this.#notice === '' ? [] : wrap(this.#notice, columns)).map(bold), ...wrap(KEYS, columns).map(dim)]
    if (prompt === undefined)
      return [bold('Attention desk'), '', this.#isRead ? 'No open prompts. They appear here as agents file them.' : 'Reading…', '', ...foot]
    const { content } = prompt
    const head = [
      bold(cut(tame(`${this.#at + 1} of ${this.#prompts.length}  ${String(content.title ?? prompt.prompt_id)}`), columns)),
      cut(
        `${prompt.prompt_id} · ${prompt.agent_id} bids ${credits(prompt.bid_micro)} credits · until ${new Date(prompt.deadline_at_ms).toISOString().slice(11, 19)} UTC`,
        columns,
      ),
      '',
    ]
    const report = wrap(String(content.report ?? JSON.stringify(content, null, 2)), columns)
    const scores = this.#scoreLines(columns)
    const room = rows - 1 - head.length - scores.length - foot.length
    const shown =
      report.length <= room
        ? report
        : [...report.slice(0, Math.max(1, room - 1)), dim(cut(`… ${report.length - room + 1} more lines: in the console, or "prompts"`, columns))]
    return [...head, ...shown, ...scores, ...foot]
  }

  /** The scores so far, the next one marked: on one line where they fit. */
  #scoreLines(columns: number): string[] {
    const texts = QUESTIONS.map((question, index) => ({ is_next: index === this.#scores.length, question, score: String(this.#scores[index] ?? '–') }))
    const wide = texts.reduce((sum, { question, score }) => sum + question.length + score.length + 4, 0)
    const said = texts.map(({ is_next, question, score }) => `${is_next ? bold(question) : question} ${score}`)
    return wide <= columns ? ['', said.join('   ')] : said
  }
}

const EVERY_MS = 1000

/** Scores prompts at this terminal, in the name of the token's human. */
export async function runDesk(flags: LocalFlags): Promise<void> {
  if (!isTerminal()) throw new ConfigError('--score needs a terminal; elsewhere use "syntropism score" and "syntropism skip"')
  const path = (id: string, action: string): string => `/attention/prompts/${encodeURIComponent(id)}/${action}`
  const service: DeskService = {
    prompts: async () => (await callService(flags, 'GET', '/attention/prompts')).prompts as OpenPrompt[],
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
