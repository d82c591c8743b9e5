import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setImmediate as turn } from 'node:timers/promises'
import type { Client } from '@syntropism/sdk'
import { applyPatch } from 'diff'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Situation } from '../../agents/genesis/life/plan.ts'
import { type Cycle, type Memory, emptyMemory } from '../../agents/genesis/life/memory.ts'
import { policyOf, policyText } from '../../agents/genesis/life/policy.ts'
import { type Mind, RULES } from '../../agents/genesis/mind/menu.ts'
import { type Proposal, improveSelf, tryChange } from '../../agents/genesis/self/change.ts'
import { recover } from '../../agents/genesis/self/recover.ts'
import { rehearseHere } from '../../agents/genesis/self/rehearsal.ts'
import { worthMicroPerHour } from '../../agents/genesis/self/worth.ts'

const SITUATION: Situation = {
  at_ms: 0,
  attention_micro: 6_000_000,
  balance_micro: 1_000_000_000,
  living: 1,
  prompt_open: false,
  rival_micro: 0,
  scarce: false,
  window_floor_micro: 1_000_000,
  window_micro: 4_000_000,
}
const cycle = (over: Partial<Situation> = {}, reward_micro: number | null = 60_000_000): Cycle => ({
  beliefs: emptyMemory().beliefs,
  paid_micro: 5_000_000,
  plan: { decision: 'prompt the human', prompt_bid_micro: 7_500_000, standing: { limit_micro: 50_000_000, margin_ppm: 250_000, pause_ms: 5000 } },
  prompt_id: 'prompt-1',
  reward_micro,
  situation: { ...SITUATION, ...over },
})
/** A market in which others wait and offer more than the reserve: who keeps a lower limit gets no window. */
const CONTESTED = Array.from({ length: 10 }, () => cycle({ balance_micro: 200_000_000, rival_micro: 4_900_000, scarce: true }, 20_000_000))
const CALM = Array.from({ length: 10 }, () => cycle())
/** The same where prompts bring little more than they cost. */
const LEAN = Array.from({ length: 10 }, () => cycle({}, 20_000_000))

interface Reported {
  readonly data: Record<string, unknown>
  readonly type: string
}
let reports: Reported[] = []
const client = { report: async (type: string, data: Record<string, unknown>) => void reports.push({ data, type }) } as unknown as Client
const memoryOf = (cycles: readonly Cycle[], windows = 20): Memory => ({ ...emptyMemory(), cycles: [...cycles], ended: windows - 1, windows })
const changes = (): Reported[] => reports.filter((one) => one.type.startsWith('code_change'))
const policy = (): string => readFileSync('policy.json', 'utf8')
const withMargin = (margin_ppm: number): string => policyText({ ...policyOf(policy()), margin_ppm })

/** A lower limit of what a window may cost: it saves, and loses where others offer more. */
const THRIFTY = (): Proposal => ({ file: 'policy.json', text: policyText({ ...policyOf(policy()), balance_ppm: 4500 }), why: 'be thrifty' })

const home = process.cwd()
let folder = ''
beforeEach(() => {
  // A trial has as long as it needs; time goes on when a test says so.
  vi.useFakeTimers({ toFake: ['clearTimeout', 'setTimeout'] })
  folder = mkdtempSync(join(tmpdir(), 'syntropism-self-'))
  cpSync(resolve(import.meta.dirname, '../../agents/genesis'), folder, { recursive: true })
  process.chdir(folder)
  reports = []
})
afterEach(() => {
  vi.useRealTimers()
  process.chdir(home)
  rmSync(folder, { force: true, recursive: true })
})

describe('an agent that improves itself', () => {
  it('finds and applies a change under which its recorded windows would have been worth more', async () => {
    const [memory, before] = [memoryOf(CALM), policy()]
    await improveSelf(client, memory, RULES)
    expect(memory.changes.map((change) => change.verdict)).toEqual(['on trial'])
    expect(changes().map((one) => one.type)).toEqual(['code_change_proposed', 'code_change_applied'])
    expect(policy()).not.toBe(before)
    expect(applyPatch(before, String(changes()[0]?.data.diff))).toBe(policy())
    const worth = (text: string): number => worthMicroPerHour(CALM, rehearseHere(CALM, text))
    expect(worth(policy())).toBeGreaterThan(worth(before) * 1.03)
    expect(readFileSync('changes/change-20.diff', 'utf8')).toContain(String(changes()[0]?.data.diff))
    expect(existsSync('.rehearsal')).toBe(false)
  })

  it('rejects a change that harms, and stays as it is', async () => {
    const [memory, before] = [memoryOf(CALM), policy()]
    expect(await tryChange(client, memory, { file: 'policy.json', text: withMargin(3_000_000), why: 'be generous' })).toBe('rejected')
    expect(policy()).toBe(before)
    expect(reports.map((one) => one.type)).toEqual(['code_change_proposed', 'reflection'])
    expect(String(reports[1]?.data.what_failed)).toMatch(/be generous.*credits an hour instead of/)
    expect(readdirSync('changes')).toEqual(['change-20.diff'])
  })

  it('knows that a lower offer wins nothing where others offer more', async () => {
    expect(await tryChange(client, memoryOf(CONTESTED), THRIFTY())).toBe('rejected')
    expect(await tryChange(client, memoryOf(LEAN), THRIFTY())).toBe('on trial')
  })

  it('changes its own code when that decides better, and takes no code that breaks, hangs or lies', async () => {
    const given = readFileSync('life/decide.ts', 'utf8')
    const memory = memoryOf(CALM)
    const code = (text: string): Promise<string> => tryChange(client, memory, { file: 'life/decide.ts', text, why: 'code' })
    expect(await code(`${given}\nthrow new Error('broken')\n`)).toBe('rejected')
    const hanging = code(`${given}\nfor (;;);\n`)
    while (vi.getTimerCount() === 0) await turn()
    vi.advanceTimersByTime(10_000)
    expect(await hanging).toBe('rejected')
    expect(await code(`${given}\nprocess.stdout.write('[]')\nprocess.exit(0)\n`)).toBe('rejected')
    expect(await code(`${given}\nimport { writeFileSync } from 'node:fs'\nwriteFileSync('${join(folder, 'main.ts')}', '')\n`)).toBe('rejected')
    expect([readFileSync('life/decide.ts', 'utf8'), readFileSync('main.ts', 'utf8') === '']).toEqual([given, false])
    expect(await code(given.replace('Math.round(factor * policy.pause_base_ms)', 'Math.round((factor * policy.pause_base_ms) / 2)'))).toBe('on trial')
    expect(readFileSync('life/decide.ts', 'utf8')).not.toBe(given)
  })

  it('tries what its model writes, and falls back to its own search', async () => {
    const memory = memoryOf(CALM)
    const mind: Mind = { ...RULES, writeProgram: async () => 'no policy at all' }
    await improveSelf(client, memory, mind)
    expect(memory.changes.map((change) => change.verdict)).toEqual(['rejected', 'on trial'])
  })

  it('thinks of no change without a record, nor between times', async () => {
    for (const memory of [memoryOf(CALM.slice(0, 7)), memoryOf(CALM, 21)]) await improveSelf(client, memory, RULES)
    expect(reports).toEqual([])
  })
})

describe('a change on trial', () => {
  const applied = async (): Promise<{ memory: Memory; before: string; made: string }> => {
    const [memory, before] = [memoryOf(LEAN), policy()]
    await tryChange(client, memory, THRIFTY())
    reports = []
    return { before, made: policy(), memory }
  }

  it('is kept when the windows since bear it out', async () => {
    const { made, memory } = await applied()
    memory.windows += 6
    await improveSelf(client, memory, RULES)
    expect([memory.changes[0]?.verdict, policy() === made, reports.length]).toEqual(['kept', true, 0])
  })

  it('is rolled back when the version before would have done better in them, and the history keeps both', async () => {
    const { before, memory } = await applied()
    memory.windows += 6
    memory.cycles.push(...CONTESTED)
    await improveSelf(client, memory, RULES)
    expect([memory.changes[0]?.verdict, policy() === before]).toEqual(['rolled back', true])
    expect(changes().map((one) => [one.type, one.data.change_id])).toEqual([
      ['code_change_proposed', undefined],
      ['code_change_applied', 'change-20 rolled back'],
    ])
    expect(readdirSync('changes').toSorted()).toEqual(['change-20-rolled-back.diff', 'change-20.diff'])
  })

  it('is rolled back at once when a window after it did not end', async () => {
    const { before, memory } = await applied()
    Object.assign(memory, { ended: 20, windows: 21 })
    await recover(client, memory)
    expect(reports).toEqual([])
    memory.windows = 22
    await recover(client, memory)
    expect([memory.changes[0]?.verdict, policy() === before]).toEqual(['rolled back', true])
  })
})
