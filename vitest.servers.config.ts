import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that start real servers: they fail where these are missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.servers.test.ts', 'tests/**/*.servers.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    // Every file has servers of its own, and mostly waits for them.
    maxWorkers: 2,
    // Guards against hanging, not measures: a loaded machine takes several times as long.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
