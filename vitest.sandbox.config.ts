import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that need bubblewrap and Podman: they fail where one is missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.sandbox.test.ts', 'tests/**/*.sandbox.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    testTimeout: 180_000,
  },
})
