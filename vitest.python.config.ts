import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that need Python 3: the verifier alone, and `scripts/parts.sh openai` for its client. They fail where it is missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.python.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    // Guards against hanging, not measures: a loaded machine takes several times as long.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
