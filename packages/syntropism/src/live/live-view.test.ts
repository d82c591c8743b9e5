import type { Live } from '@syntropism/runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LiveView } from './live-view.ts'

beforeEach(() => vi.stubEnv('NO_COLOR', '1'))
afterEach(() => vi.unstubAllEnvs())

const meter = { capacity: 1000, price_micro_per_s: 4_000_000, sold_ppm: 250_000 }
const agent = { agent_id: 'genesis', held_micro: 0, lease_id: null, status: 'waiting' }

/** A view over a made-up economy with one prompt. */
function openView(tokens: readonly { name: string; token: string }[] = []) {
  const submit = vi.fn(async (_command: object) => ({ ok: true }))
  const state = {
    agents: new Map([['genesis', agent]]),
    humans: new Map([['ada', { human_id: 'ada', on_duty: true }]]),
    ledger: { balances: new Float64Array(8), granted_micro: 4_000_000, rewarded_micro: 0 },
    meters: { attention: meter, cpu: meter, llm: { ...meter, capacity: 0 }, memory: meter },
    paused: { everyone: false },
    prompts: new Map([['prompt-1', { agent_id: 'genesis', amount_micro: 7_500_000, prompt_id: 'prompt-1' }]]),
  }
  const live = { created_tokens: tokens, host: { now: () => 0, state, submit }, url: 'http://127.0.0.1:8000' }
  const quit = vi.fn<() => void>()
  const view = new LiveView(live as unknown as Live, ['Syntropism at http://127.0.0.1:8000', 'Sandbox bubblewrap.'], quit)
  view.remember({ content: { report: `${'word '.repeat(300)}\u001B[2J`, title: 'A report' }, prompt_id: 'prompt-1' })
  for (let seq = 1; seq <= 50; seq++)
    view.onEvent({ agent_id: 'genesis', at_ms: 0, data: { execution_id: `lease-${seq}` }, seq, type: 'execution_started' } as never)
  const text = (columns = 80, rows = 24): string => view.lines({ columns, rows }).join('\n')
  return { press: (keys: string) => [...keys].forEach((key) => view.onKey(key)), quit, submit, text }
}

describe('the live view', () => {
  it.each([
    [200, 60],
    [80, 24],
    [40, 12],
    [30, 6],
  ])('fits %i columns and %i rows, and keeps the prompt, its question and the keys in sight', (columns, rows) => {
    const { press, text } = openView()
    for (const keys of ['', 's', '7']) {
      press(keys)
      const lines = text(columns, rows).split('\n')
      expect(lines.length).toBeLessThan(rows)
      expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(Math.max(columns, keys === '' ? 0 : 45))
      expect(text(columns, rows)).toContain(keys === '' ? 'prompt-1 genesis bids 7.5' : 'prompt-1: A report')
      expect(text(columns, rows)).toContain(keys === '' ? 's score' : 'k skip')
      expect(text(columns, rows)).not.toContain('\u001B')
    }
    expect(text(columns, rows)).toContain('interesting 7   useful?')
  })

  it('shows the latest events where there is room, and none where there is not', () => {
    const { text } = openView()
    expect(text(80, 24)).toContain('lease-50')
    expect(text(40, 12)).not.toContain('lease-')
  })

  it('shows the tokens of a first start until a key is pressed, again on t, and never where there are none', () => {
    const { press, quit, text } = openView([{ name: 'human ada', token: 'human_secret' }])
    expect(text()).toContain('human_secret')
    press('z')
    expect(text()).not.toContain('human_secret')
    press('t')
    expect(text()).toContain('human_secret')
    press('s')
    expect(text()).toContain('prompt-1: A report')
    press('q')
    expect(quit).toHaveBeenCalledOnce()
    const without = openView()
    without.press('t')
    expect(without.text()).toContain('prompt-1 genesis')
    expect(without.text()).not.toContain('t tokens')
  })

  it('sends three scores as the human on duty', () => {
    const { press, submit } = openView()
    press('s7x6')
    expect(submit).toHaveBeenCalledWith({
      human_id: 'ada',
      owner: 'human:ada',
      prompt_id: 'prompt-1',
      scores: { interesting: 7, understandable: 6, useful: 10 },
      type: 'score_prompt',
    })
  })
})
