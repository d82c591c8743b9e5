import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

/** Suites that drive a real Chromium: they fail where it is missing. CHROMIUM names another than /usr/bin/chromium. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['tests/**/*.browser.test.ts'],
    reporters: ['default', './scripts/count-reporter.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
