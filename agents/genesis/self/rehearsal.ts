import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PROMPT, decide } from '../life/decide.ts'
import type { Cycle } from '../life/memory.ts'
import { policyOf } from '../life/policy.ts'
import { argumentsOf } from '../mind/arguments.ts'
import { runCode } from '../mind/code.ts'
import type { Rehearsed } from './worth.ts'

const STAGE = '.rehearsal'
/** Rooms that decisions are made of. */
const ROOMS = ['life', 'mind', 'self'] as const
const WALL_MS = 2000

/** What this version would have decided in recorded windows under a policy. */
export const rehearseHere = (cycles: readonly Cycle[], policy: string): Rehearsed[] =>
  cycles.map(({ beliefs, situation }, index) => {
    const { decision, prompt_bid_micro, standing } = decide(situation, policyOf(policy), beliefs, index)
    return { prompt_bid_micro, prompts: decision.includes(PROMPT), standing }
  })

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** Decisions as a rehearsal printed them; null when they are not of that shape. */
function readRehearsed(text: string, count: number): Rehearsed[] | null {
  const given = argumentsOf(`{"all":${text}}`)?.all
  if (!Array.isArray(given) || given.length !== count) return null
  const sound = given.every((one: unknown) => {
    const { prompt_bid_micro, prompts, standing } = (one ?? {}) as Partial<Rehearsed>
    return (
      typeof prompts === 'boolean' &&
      (prompt_bid_micro === null || isCount(prompt_bid_micro)) &&
      isCount(standing?.limit_micro) &&
      isCount(standing?.margin_ppm) &&
      isCount(standing?.pause_ms)
    )
  })
  return sound ? (given as Rehearsed[]) : null
}

/** What came of a rehearsal: its decisions, or why there are none. */
export type Rehearsal = { readonly rehearsed: readonly Rehearsed[] } | { readonly failed: string }

/** Lets a changed version of this agent decide recorded windows again, in a process of its own on a copy of the workspace. What it would have earned is reckoned here, by the version that runs. */
export async function rehearse(cycles: readonly Cycle[], policy: string, change: { readonly file: string; readonly text: string }): Promise<Rehearsal> {
  rmSync(STAGE, { force: true, recursive: true })
  try {
    for (const room of ROOMS) {
      mkdirSync(join(STAGE, room), { recursive: true })
      for (const name of readdirSync(room)) if (name.endsWith('.ts')) cpSync(join(room, name), join(STAGE, room, name))
    }
    writeFileSync(join(STAGE, 'package.json'), '{"type":"module"}')
    writeFileSync(join(STAGE, change.file), change.text)
    const stage = resolve(STAGE)
    const changed = change.file === 'policy.json' ? change.text : policy
    const { ended, output } = await runCode([join(stage, 'self/rehearse.ts')], JSON.stringify({ cycles, policy: changed }), { read: stage, wall_ms: WALL_MS })
    // Where no process may be started, a change of figures can be tried in this one: it is no code.
    if (ended === 'not allowed here' && change.file === 'policy.json') return { rehearsed: rehearseHere(cycles, changed) }
    if (ended !== 'finished') return { failed: `${ended}: ${output.slice(0, 300)}` }
    const rehearsed = readRehearsed(output, cycles.length)
    return rehearsed === null ? { failed: `its decisions have another shape: ${output.slice(0, 200)}` } : { rehearsed }
  } finally {
    rmSync(STAGE, { force: true, recursive: true })
  }
}
