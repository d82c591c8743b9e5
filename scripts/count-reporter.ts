import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Reporter, TestModule } from 'vitest/node'

/** What vitest tells of a thrown value. */
interface Thrown {
  message?: string
  stack?: string
}

/**
 * Ends a run with one plain line, `N passed, N failed, N skipped`, and before it names what failed with its
 * reason (`FAILED: file > test`, then lines that begin with `  | `), so that the end of a long log is enough to read.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly Thrown[]): void {
    const count = { failed: errors.length, passed: 0, skipped: 0 }
    if (errors.length > 0) tell('outside any test', errors)
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId)
      if (module.errors().length > 0) {
        count.failed += 1
        tell(file, module.errors())
      }
      for (const test of module.children.allTests()) {
        const { state, errors: thrown } = test.result()
        if (state === 'passed') count.passed += 1
        else if (state === 'failed') {
          count.failed += 1
          tell(`${file} > ${test.fullName}`, thrown)
        } else count.skipped += 1
      }
    }
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  }
}

const REASON_LINES = 12

function tell(what: string, thrown: readonly Thrown[]): void {
  console.log(`FAILED: ${what}`)
  for (const { message = '', stack = '' } of thrown) {
    const own = stack.split('\n').find((line) => line.includes('.test.ts')) ?? ''
    const reason = stripVTControlCharacters(message).split('\n').slice(0, REASON_LINES)
    for (const line of [...reason, own.trim()]) if (line !== '') console.log(`  | ${line}`)
  }
}
