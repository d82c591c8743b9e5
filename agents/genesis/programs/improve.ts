import { readFileSync, writeFileSync } from 'node:fs'
import type { Client } from '@syntropism/sdk/node'
import type { Mind } from '../mind/menu.ts'
import { type Task, type TaskDone, decisionNamed, taskDone as done } from '../tasks/task.ts'
import { adaptiveVersions, probeOf, shownBy } from './adapt.ts'
import { hunkOf } from './diff.ts'
import { type Candidate, indexedLookups, literalChanges } from './rewrite.ts'

/** What tests say of a version: figures are relative to the given one, above 1 is better. */
export interface Tested {
  readonly detail: string
  readonly figures: Readonly<Record<string, number>>
  readonly test_results: string
  readonly tests: readonly string[]
}
export type TestVersion = (text: string) => Promise<Tested>

export interface Version extends Candidate {
  readonly tested: Tested
}

const TESTS_MAX = 60
const HAIR = 1e-9

/** How much better a version is: the weighted gain where tests name one, else the mean factor; 0 when a test fails or a figure is worse. */
export function gainOf({ figures, test_results }: Tested): number {
  const factors = Object.values(figures)
  if (test_results !== 'all_passed' || factors.length === 0 || !factors.every((one) => one >= 1 - HAIR)) return 0
  return figures.weighted_gain ?? factors.reduce((product, one) => product * one, 1) ** (1 / factors.length)
}

/** Searches for better versions by testing: rewrites first, then changed literals as long as one of them is better. The best is last. */
export async function searchVersions(given: string, written: readonly Candidate[], test: TestVersion): Promise<Version[]> {
  let left = TESTS_MAX
  const found: Version[] = [{ tested: await test(given), text: given, why: 'it is the given version' }]
  const best = (): Version => found.at(-1) as Version
  const attempt = async (candidate: Candidate): Promise<boolean> => {
    if (left <= 0) return false
    left -= 1
    const tested = await test(candidate.text)
    if (gainOf(tested) <= gainOf(best().tested) + HAIR) return false
    found.push({ ...candidate, tested })
    return true
  }
  const probe = probeOf(given)
  const fields = probe === null ? [] : shownBy((await test(probe)).detail)
  for (const candidate of [...written, ...indexedLookups(given), ...adaptiveVersions(given, fields)]) await attempt(candidate)
  const climb = async (): Promise<boolean> => {
    for (const candidate of literalChanges(best().text)) if (await attempt(candidate)) return true
    return false
  }
  while (await climb()) continue
  return found
}

const factorsOf = ({ figures }: Tested): string =>
  Object.entries(figures)
    .map(([name, factor]) => `${name.startsWith('return') ? 'roi, ' : ''}${name} × ${factor.toFixed(2)}`)
    .join('; ')

/** Makes the program of a task better: searches by its tests, says why, proposes the change as a diff and applies it. */
export async function improve(client: Client, task: Task, mind: Mind): Promise<TaskDone> {
  const file = task.figures.file ?? ''
  const given = readFileSync(file, 'utf8')
  const test: TestVersion = async (text) => {
    writeFileSync(file, text)
    return (await client.call('POST', '/tests/run', {})) as unknown as Tested
  }
  const text = await mind.writeProgram({ task: task.task, text: given })
  const versions = await searchVersions(given, text === null ? [] : [{ text, why: 'it was written by my model' }], test)
  const names = versions.map((_, index) => (index === 0 ? 'leave it' : `version ${index}`))
  const picked = await mind.pick({
    best: names.at(-1) as string,
    choices: versions.map((version, index) => ({
      cost: null,
      name: names[index] as string,
      net: gainOf(version.tested),
      what: `${version.why} (${factorsOf(version.tested)})`,
    })),
    question: `${task.task} Which version of ${file}?`,
    reasoning: versions.at(-1)?.why ?? '',
  })
  const chosen = versions[Math.max(0, names.indexOf(picked.name))] as Version
  writeFileSync(file, chosen.text)
  if (chosen.text === given) return done(`left ${file} as it is`, null, versions.length === 1 ? 'nothing I tried is better' : 'I chose no better version')
  const gained = factorsOf(chosen.tested)
  await client.report('reasoning_trace', {
    decision: decisionNamed(task, 'improve_program'),
    decision_id: 'decision-1',
    reasoning: `In ${file} ${chosen.why}. Measured against the given version: ${gained}.`,
  })
  await client.report('code_change_proposed', {
    change_description: chosen.why,
    diff: hunkOf(given, chosen.text),
    expected_improvement: gained,
    target_module: file,
  })
  const last = (await client.call('POST', '/tests/run', {})) as unknown as Tested
  await client.report('code_change_applied', {
    change_id: 'change-1',
    modules_modified: [file],
    test_results: last.test_results === 'all_passed' ? 'all_passed' : 'some_failed',
    tests_run: [...last.tests],
  })
  return done(`changed ${file}: ${chosen.why}`)
}
