import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** What is published: packed, looked at, installed into an empty project. Needs the npm registry. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.packages.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    // Guards against hanging, not measures: a loaded machine takes several times as long.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
})
