import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that need Phoenix and a Collector (scripts/parts.sh): they fail where these are missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/observability/**/*.observability.test.ts'],
    fileParallelism: false,
    reporters: ['default', './scripts/count-reporter.ts'],
    testTimeout: 240_000,
    hookTimeout: 180_000,
  },
})
