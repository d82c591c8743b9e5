import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** The documentation: its code runs, and its site is built. Needs Linux with `unshare`, `scripts/parts.sh debian nats`, and npm’s registry. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.docs.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    // Each page has a network of its own; more at once would only wait for the processor.
    maxConcurrency: 2,
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
  },
})
