import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { tempDir } from './program.ts'

const AGENTS = resolve(import.meta.dirname, '../agents')
/** Pays for every window of a test, however long it takes until what it waits for happens in one. */
export const MANY_CREDITS_MICRO = 1_000_000_000_000
/** As long as an agent can pay for at the prices of a beginning, and many times what it needs on a machine at rest. */
const WINDOW_MS = 30_000

/**
 * A copy of a starter agent's folder whose windows are long: how fast the machine is decides nothing about what the agent gets done in one.
 * `files` lays members over its files of JSON, `bid` over its standing bid.
 */
export function unhurried(name: string, files: Readonly<Record<string, object>> = {}, bid: object = { duration_ms: WINDOW_MS }): string {
  const folder = join(tempDir(), name)
  cpSync(join(AGENTS, name), folder, { recursive: true })
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { standing_bid: object }
  const edit = (file: string, over: object): void => writeFileSync(join(folder, file), JSON.stringify({ ...read(file), ...over }))
  edit('agent.json', { standing_bid: { ...read('agent.json').standing_bid, ...bid } })
  for (const [file, over] of Object.entries(files)) edit(file, over)
  return folder
}
