import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites around the verifier, which needs Python 3 and nothing else: they fail where it is missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.python.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
})
