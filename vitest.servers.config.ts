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
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
