// Loads nothing that a change could have broken.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@syntropism/sdk/node'
import type { Change, Memory } from '../life/memory.ts'
import { hunkOf } from '../programs/diff.ts'

const HISTORY = 'changes'

/** Keeps a change and its verdict in the workspace, whose history keeps every state of it. */
export function keepDiff(id: string, diff: string, verdict: string): void {
  mkdirSync(HISTORY, { recursive: true })
  writeFileSync(join(HISTORY, `${id}.diff`), `${verdict}\n${diff}`)
}

/** Takes a change back, and says why. */
export async function rollBack(client: Client, change: Change, why: string): Promise<void> {
  const now = readFileSync(change.file, 'utf8')
  writeFileSync(change.file, change.before)
  change.verdict = 'rolled back'
  const diff = hunkOf(now, change.before)
  keepDiff(`${change.id}-rolled-back`, diff, why)
  await client.report('code_change_proposed', {
    change_description: `roll ${change.id} back: ${why}`,
    diff,
    expected_improvement: 'what was before it',
    target_module: change.file,
  })
  await client.report('code_change_applied', {
    change_id: `${change.id} rolled back`,
    modules_modified: [change.file],
    test_results: 'some_failed',
    tests_run: [why],
  })
}

/** The change whose worth is not yet known. */
export const onTrial = (memory: Memory): Change | undefined => memory.changes.find((change) => change.verdict === 'on trial')

/** At the start of a window: a change after which a window did not end as it should is taken back before anything of it is loaded again. */
export async function recover(client: Client, memory: Memory): Promise<void> {
  const change = onTrial(memory)
  if (change === undefined || memory.ended >= memory.windows - 1) return
  await rollBack(client, change, `window ${memory.windows - 1} did not end`)
}
