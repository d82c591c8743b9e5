import type { JournalError } from '@syntropism/runtime'
import { createProgram } from './program.ts'

/** Errors of wrong use or configuration. By name, because their packages are loaded only by the commands that need them. */
const WRONG_USE: ReadonlySet<string> = new Set(['ConfigError', 'DoorError', 'MomentError', 'RunError', 'ScenarioError', 'Unreachable', 'UsageError'])

const isUnavailable = (error: Error): boolean => error.name === 'JournalError' && (error as JournalError).code === 'unavailable'

/** Exit codes: 0 done · 1 refused or not verified · 2 wrong use or configuration · 75 the journal cannot be written (start again) · 130 stopped by Ctrl-C. */
function codeOf(error: unknown): number {
  if (!(error instanceof Error)) return 1
  if (WRONG_USE.has(error.name)) return 2
  return isUnavailable(error) ? 75 : 1
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  await createProgram().parseAsync()
} catch (error) {
  console.error(`syntropism: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = codeOf(error)
}
