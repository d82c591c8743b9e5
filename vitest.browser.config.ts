import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that drive a real Chromium: they fail where it is missing. CHROMIUM names another than /usr/bin/chromium. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.browser.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    // Guards against hanging, not measures: a loaded machine takes several times as long.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
