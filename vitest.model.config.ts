import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that ask a real model, which `scripts/parts.sh model` installs. They fail where it is missing. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.model.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
