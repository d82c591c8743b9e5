import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that need bubblewrap and Podman: they fail where one is missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.sandbox.test.ts', 'tests/**/*.sandbox.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    // What they hold programs to is measured, and engines are started: one file at a time.
    fileParallelism: false,
    // Guards against hanging, not measures: a loaded machine takes several times as long.
    testTimeout: 900_000,
    hookTimeout: 600_000,
  },
})
