import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that need Python 3: the verifier alone, and `scripts/parts.sh openai` for its client. They fail where it is missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.python.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
