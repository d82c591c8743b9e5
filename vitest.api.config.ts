import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that need Schemathesis (PyPI): they fail where it is missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.api.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    // Guards against hanging, not measures: a loaded machine takes several times as long.
    testTimeout: 900_000,
    hookTimeout: 600_000,
  },
})
