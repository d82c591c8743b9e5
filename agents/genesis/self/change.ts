import { readFileSync, writeFileSync } from 'node:fs'
import type { Client } from '@syntropism/sdk/node'
import { type Change, type Memory, recordChange } from '../life/memory.ts'
import { TUNED, policyOf, policyText, within } from '../life/policy.ts'
import type { Mind } from '../mind/menu.ts'
import { hunkOf } from '../programs/diff.ts'
import { keepDiff, onTrial, rollBack } from './recover.ts'
import { rehearse, rehearseHere } from './rehearsal.ts'
import { isBetter, worthMicroPerHour } from './worth.ts'

/** What of itself this agent may change. */
const CHANGEABLE = ['policy.json', 'life/decide.ts'] as const
const POLICY = 'policy.json'
/** Windows that must be recorded before a change is thought of, between two of them, and on trial. */
const RECORDED_MIN = 8
const EVERY = 10
const TRIAL = 6
const FACTORS = [0.5, 0.8, 1.25, 1.6] as const

export interface Proposal {
  readonly file: (typeof CHANGEABLE)[number]
  readonly text: string
  readonly why: string
}

const perHour = (micro: number): string => `${(micro / 1_000_000).toFixed(2)} credits an hour`

/** The change of one figure of the policy under which the recorded windows would have been worth most; null where the present one is as good. */
function proposeFigure({ cycles }: Memory, text: string): Proposal | null {
  const policy = policyOf(text)
  const now = worthMicroPerHour(cycles, rehearseHere(cycles, text))
  let best: { readonly proposal: Proposal; readonly worth: number } | null = null
  for (const figure of TUNED)
    for (const factor of FACTORS) {
      const value = within(figure, policy[figure] * factor)
      const changed = policyText({ ...policy, [figure]: value })
      const worth = worthMicroPerHour(cycles, rehearseHere(cycles, changed))
      if (isBetter(best?.worth ?? now, worth)) best = { proposal: { file: POLICY, text: changed, why: `${figure} ${policy[figure]} → ${value}` }, worth }
    }
  return best?.proposal ?? null
}

/** Proposes a change, lets it decide the recorded windows again, and applies it only if they would have been worth more. Says what came of it. */
export async function tryChange(client: Client, memory: Memory, { file, text, why }: Proposal): Promise<Change['verdict']> {
  const { cycles } = memory
  const before = readFileSync(file, 'utf8')
  const policy = readFileSync(POLICY, 'utf8')
  const id = `change-${memory.windows}`
  const diff = hunkOf(before, text)
  await client.report('code_change_proposed', {
    change_description: why,
    diff,
    expected_improvement: `more credits an hour in the last ${cycles.length} recorded windows`,
    target_module: file,
  })
  const old = worthMicroPerHour(cycles, rehearseHere(cycles, policy))
  const rehearsal = await rehearse(cycles, policy, { file, text })
  const made = 'failed' in rehearsal ? null : worthMicroPerHour(cycles, rehearsal.rehearsed)
  const found = 'failed' in rehearsal ? rehearsal.failed : `${perHour(made ?? 0)} instead of ${perHour(old)}`
  const verdict = made !== null && isBetter(old, made) ? 'on trial' : 'rejected'
  keepDiff(id, diff, `${verdict}: ${found}`)
  recordChange(memory, { after: text, before, file, id, since: memory.windows, verdict })
  if (verdict === 'rejected') {
    await client.report('reflection', {
      adjustments_planned: `${file} stays as it is`,
      metrics: { credits_earned: 0, credits_spent: 0, net_change: 0 },
      outcome_assessment: 'failure',
      trigger: 'error',
      what_failed: `${id} (${why}): ${found}`,
      what_worked: '',
    })
    return verdict
  }
  writeFileSync(file, text)
  await client.report('code_change_applied', {
    change_id: id,
    modules_modified: [file],
    test_results: 'all_passed',
    tests_run: [`${cycles.length} recorded windows decided again: ${found}`],
  })
  return verdict
}

/** Judges a change once its trial is over: both versions decide the windows lived since, and the older comes back if it would have done better. */
async function judgeTrial(client: Client, memory: Memory, change: Change): Promise<void> {
  const lived = memory.cycles.slice(-TRIAL)
  const policy = readFileSync(POLICY, 'utf8')
  const after = worthMicroPerHour(lived, rehearseHere(lived, policy))
  const rehearsal = await rehearse(lived, policy, { file: change.file, text: change.before })
  if ('failed' in rehearsal) return
  const before = worthMicroPerHour(lived, rehearsal.rehearsed)
  if (isBetter(after, before)) await rollBack(client, change, `the last ${lived.length} windows: ${perHour(after)}, and ${perHour(before)} without it`)
  else change.verdict = 'kept'
}

/** At the end of a window: judges the change on trial, or now and then thinks of another; a model may write one too. */
export async function improveSelf(client: Client, memory: Memory, mind: Mind): Promise<void> {
  const change = onTrial(memory)
  if (change !== undefined) {
    if (memory.windows - change.since >= TRIAL) await judgeTrial(client, memory, change)
    return
  }
  if (memory.cycles.length < RECORDED_MIN || memory.windows % EVERY !== 0) return
  const file = CHANGEABLE[(memory.windows / EVERY) % CHANGEABLE.length] ?? POLICY
  const now = readFileSync(file, 'utf8')
  const written = await mind.writeProgram({ task: `Change ${file} so that this agent earns more credits an hour. Keep its exports and types.`, text: now })
  if (written !== null && written !== now && (await tryChange(client, memory, { file, text: written, why: 'written by my model' })) === 'on trial') return
  const proposal = proposeFigure(memory, readFileSync(POLICY, 'utf8'))
  if (proposal !== null) await tryChange(client, memory, proposal)
}
