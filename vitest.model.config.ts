import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that ask a real model, which `scripts/parts.sh model` installs. They fail where it is missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.model.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    // Guards against hanging, not measures: a loaded machine takes several times as long.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
