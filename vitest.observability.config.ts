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
    // Guards against hanging, not measures: a loaded machine takes several times as long.
    testTimeout: 900_000,
    hookTimeout: 600_000,
  },
})
