import { ScenarioError } from '@syntropism/benchmark'
import { ConfigError, JournalError } from '@syntropism/runtime'
import { UsageError } from '@syntropism/simulation'
import { createProgram } from './program.ts'

/** Exit codes: 0 done · 1 refused or not verified · 2 wrong use or configuration · 75 the journal cannot be written (start again). */
const codeOf = (error: unknown): number =>
  error instanceof ConfigError || error instanceof UsageError || error instanceof ScenarioError
    ? 2
    : error instanceof JournalError
      ? error.code === 'unavailable'
        ? 75
        : 1
      : 1

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
