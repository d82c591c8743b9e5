import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lastWords } from '../agents/test-command.ts'
import { completionScript } from './completion-command.ts'
import type { OpenPrompt } from '../desk/open-prompts.ts'
import { DeskScreen } from '../desk/screen.ts'
import { createProgram } from '../program.ts'
import { describeEvent, explainEvent } from './describe.ts'
import { table } from './format.ts'
import { type Look, topLines } from '../inspect/top-command.ts'

const SIZE = { columns: 80, rows: 24 }
/** How long is waited for what comes on any machine. */
const SURELY = { timeout: 120_000 }
beforeEach(() => vi.stubEnv('NO_COLOR', '1'))
afterEach(() => vi.unstubAllEnvs())

const agent = (agent_id: string, balance: number, earned: number): Look['agents'][number] => ({
  agent_id,
  balance_micro: balance * 1_000_000,
  earned_micro: earned * 1_000_000,
  held_micro: 0,
  paused: agent_id === 'b',
  status: 'waiting',
  status_reason: '',
  windows: 1,
})
const LOOK: Look = {
  agents: [agent('a', 5, 90), agent('b', 70, 1), ...Array.from({ length: 40 }, (_one, index) => agent(`c${index}`, 1, 0))],
  economy: { at_ms: 0, burned_micro: 0, circulating_micro: 0, granted_micro: 0, held_micro: 0, living_agents: 42, rewarded_micro: 0, seq: 9 },
  everyone_paused: true,
  prompts: 2,
  resources: [{ capacity: 1000, price_micro_per_s: 4_000_000, resource: 'cpu', utilisation_ppm: 500_000 }],
  windows: 3,
}

describe('top', () => {
  it('fits the terminal, ranks by the column chosen, and says who is paused', () => {
    const lines = topLines(LOOK, 'b', SIZE)
    expect(lines.length).toBeLessThan(SIZE.rows)
    expect(lines.every((line) => line.length <= SIZE.columns)).toBe(true)
    const first = (rank: 'b' | 'e') => topLines(LOOK, rank, SIZE).find((line) => /^[abc]\d* /.test(line))
    expect(first('b')).toMatch(/^b +waiting, paused +70/)
    expect(first('e')).toMatch(/^a +waiting +5\.00 /)
    expect(lines[0]).toContain('DRAINING')
  })

  it('cuts a long name rather than the figures behind it', () => {
    const lines = topLines({ ...LOOK, agents: [agent('n'.repeat(64), 12_345, 67)] }, 'b', SIZE)
    expect(lines.find((line) => line.startsWith('nnn'))).toMatch(/^n+… +waiting +12,345\.00 +0\.00 +67\.00 +1$/)
  })

  it('stays with its last look while nobody answers, and says so', () => {
    const lines = topLines(LOOK, 'b', { columns: 40, rows: 12 }, 'NO ANSWER: the economy at http://127.0.0.1:8000 does not answer; trying again')
    expect(lines.length).toBeLessThan(12)
    expect(lines.every((line) => line.length <= 40)).toBe(true)
    expect(lines.slice(0, 3).join(' ')).toMatch(/^NO ANSWER: the economy at http:\/\/127.0.0.1:8000 does not answer; trying again/)
    expect(lines.join(' ')).toContain('q quit')
  })

  it('writes no colours where NO_COLOR is set, and bold text elsewhere', () => {
    expect(topLines(LOOK, 'b', SIZE).join('')).not.toContain('\u001B')
    vi.stubEnv('NO_COLOR', '')
    expect(topLines(LOOK, 'b', SIZE).join('')).toContain('\u001B[1m')
  })
})

const prompt = (prompt_id: string, report: string): OpenPrompt => ({
  agent_id: 'a',
  bid_micro: 5_000_000,
  content: { report, title: prompt_id },
  deadline_at_ms: 0,
  prompt_id,
})

describe('the desk on a terminal', () => {
  function createDesk(open: OpenPrompt[]) {
    const judged: unknown[] = []
    const quit = vi.fn<() => void>()
    const end = (id: string): void =>
      void open.splice(
        open.findIndex((one) => one.prompt_id === id),
        1,
      )
    const desk = new DeskScreen(
      {
        prompts: async () => [...open],
        async score(id, scores) {
          judged.push([id, scores])
          end(id)
          return { credits_awarded_micro: 1_000_000 }
        },
        async skip(id) {
          judged.push([id, 'skipped'])
          end(id)
        },
      },
      quit,
    )
    return { desk, judged, press: (keys: string) => [...keys].forEach((key) => desk.onKey(key)), quit, text: () => desk.lines(SIZE).join('\n') }
  }

  it('sends three scores and no fewer, goes on to the next prompt, skips and leaves', async () => {
    const { desk, judged, press, quit, text } = createDesk([prompt('p1', 'one'), prompt('p2', 'two')])
    await desk.refresh()
    press('7x\r')
    expect(judged).toEqual([])
    expect(text()).toContain('three scores first')
    press('34\r')
    await vi.waitFor(() => expect(text()).toContain('1 of 1  p2'), SURELY)
    expect(judged).toEqual([['p1', { interesting: 7, understandable: 3, useful: 10 }]])
    expect(text()).toContain('p1 scored: 1 credits minted')
    press('k')
    await vi.waitFor(() => expect(text()).toContain('No open prompts.'), SURELY)
    expect(judged[1]).toEqual(['p2', 'skipped'])
    press('q')
    expect(quit).toHaveBeenCalledOnce()
  })

  it('says that the prompt at hand was judged elsewhere, and drops its scores', async () => {
    const open = [prompt('p1', 'one'), prompt('p2', 'two')]
    const { desk, judged, press, text } = createDesk(open)
    await desk.refresh()
    press('78')
    open.shift()
    await desk.refresh()
    expect(text()).toContain('p1 is no longer open')
    press('6\r')
    expect(judged).toEqual([])
    expect(text()).toContain('1 of 1  p2')
  })

  it('breaks lines between words, and fits a small terminal', async () => {
    const { desk } = createDesk([prompt('p1', 'a word and another '.repeat(20))])
    await desk.refresh()
    const lines = desk.lines({ columns: 40, rows: 12 })
    expect(lines.length).toBeLessThan(12)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40)
    expect(lines[3]).toBe('a word and another a word and another a')
    expect(lines.join(' ')).toContain('q quit')
  })

  it('lets no text of an agent steer the terminal, and stays within it', async () => {
    const { desk, text } = createDesk([prompt('p1', `\u001B[2J\u009B31m${'long '.repeat(2000)}`)])
    await desk.refresh()
    for (const character of ['\u001B', '\u009B']) expect(text()).not.toContain(character)
    expect(text().split('\n').length).toBeLessThan(SIZE.rows)
    expect(text()).toContain('more lines')
  })
})

describe('an event in a line', () => {
  it.each([
    ['node:internal/modules/run_main:111\n    triggerUncaughtException(\n    ^\n\n[TypeError: fetch failed] {\n  [cause]: 1\n}', '[TypeError: fetch failed] {'],
    ['Traceback (most recent call last):\n  File "m.py"\nrequests.exceptions.ConnectionError: refused\n', 'requests.exceptions.ConnectionError: refused'],
    ['something\nelse', 'else'],
  ])('names the error of a crash: %j', (detail, said) => {
    const data = { cause: 'crashed', cpu_ms_granted: 1, cpu_ms_used: 1, detail, elapsed_ms: 1, memory_peak_mb: 1, refunded_micro: 0 }
    expect(describeEvent({ agent_id: 'a', at_ms: 0, data, seq: 1, type: 'execution_terminated' } as never)?.endsWith(` — ${said}`)).toBe(true)
  })
})

describe('an event in words', () => {
  const event = (type: string, data: object) => ({ agent_id: 'a', at_ms: 0, data, seq: 1, type }) as never

  it('lets nothing that an agent wrote steer the terminal', () => {
    const filed = event('prompt_filed', { bid: 1, content: { title: 'one\u001B[2Jtwo' }, prompt_id: 'prompt-1' })
    expect(describeEvent(filed)).toBe('00:00:00.000 #1 a asks (prompt-1, bids 1): one[2Jtwo')
    const ended = event('execution_terminated', {
      cause: 'crashed',
      cpu_ms_granted: 9,
      cpu_ms_used: 1,
      detail: 'Error: \u009B31mred',
      elapsed_ms: 2,
      memory_peak_mb: 3,
      refunded_micro: 0,
    })
    expect(explainEvent(ended)).toContain('Error: 31mred')
  })

  it('is said as an answer also where it would only flood a feed, and told as it is where there are no words', () => {
    const sold = event('utilisation_changed', { capacity: 1000, resource: 'cpu', sold: 250, utilisation_ppm: 250_000 })
    expect(describeEvent(sold)).toBeNull()
    expect(explainEvent(sold)).toBe('cpu: 25.0 % is sold')
    expect(explainEvent(event('economy_created', { rules_version: 1 }))).toBe('{"rules_version":1}')
  })
})

describe('the last words of a program', () => {
  it('begin with its error where a long trace would hide it', () => {
    const trace = Array.from({ length: 12 }, (_one, index) => `    at call${index} (node:internal)`).join('\n')
    expect(lastWords(`node:internal:1\nError [ERR_MODULE_NOT_FOUND]: Cannot find module\n${trace}`)).toMatch(
      /^Error \[ERR_MODULE_NOT_FOUND\]: Cannot find module\n/,
    )
    expect(lastWords('one\nTypeError: two')).toBe('one\n    TypeError: two')
  })
})

describe('completion', () => {
  it.each([
    [['syntropism', 'op'], 'operator'],
    [['syntropism', 'operator', 'pa'], 'pause'],
    [['syntropism', 'operator', 'pause', 'some-agent', '--rea'], '--reason'],
    [['syntropism', 'benchmark', 'val'], 'validate'],
    [['syntropism', 'completion', 'f'], 'fish'],
    [['syntropism', 'live', '--sandbox', 'b'], 'bubblewrap'],
    [['syntropism', 'live', '--port', '--s'], ''],
    [['syntropism', 'live', '--plain', '--no-st'], '--no-standby'],
  ])('of %j in bash is %s', (words, expected) => {
    const script = `${completionScript(createProgram(), 'bash')}\nCOMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _syntropism; echo "\${COMPREPLY[*]}"`
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim()).toBe(expected)
  })

  it('in fish knows each command where it stands, each option with what it means, and values that are one of a few', () => {
    const lines = completionScript(createProgram(), 'fish').split('\n')
    const at = (path: string, what: string) => lines.filter((line) => line.startsWith(`complete -c syntropism -n '__syntropism_at "${path}"' ${what}`))
    expect(at('', "-xa 'benchmark' -d '")).toHaveLength(1)
    expect(at('benchmark', "-xa 'validate' -d '")).toHaveLength(1)
    expect(at('operator pause', '-l reason -r -d ')).toHaveLength(1)
    expect(at('live', "-l sandbox -xa 'auto container bubblewrap node process' -d ")).toHaveLength(1)
    expect(at('live', '-l plain -d ')).toHaveLength(1)
    expect(at('completion', "-xa 'bash fish zsh'")).toHaveLength(1)
  })
})

describe('a table', () => {
  it('puts numbers below their last digit, and words below their first letter', () => {
    expect(
      table([
        ['agent', 'free', 'sold'],
        ['a', '1,000.25', '7.0 %'],
        ['bcdefg', '3', '–'],
      ]),
    ).toBe(['agent       free   sold', 'a       1,000.25  7.0 %', 'bcdefg         3      –'].join('\n'))
  })

  it('keeps names in their line and lets none steer the terminal', () => {
    expect(
      table([
        ['id', 'pays'],
        ['x\u001B[31m\ny', '3'],
      ]),
    ).toBe('id       pays\nx[31m y     3')
  })

  it('has room for more rows than a call has for arguments', () => {
    expect(table(Array.from({ length: 300_000 }, () => ['a'])).length).toBe(599_999)
  })
})
