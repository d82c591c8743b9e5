import { defineConfig } from 'vitest/config'

const conditions = ['@syntropism/source']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: [
      '**/*.browser.test.ts',
      '**/*.sandbox.test.ts',
      '**/*.servers.test.ts',
      '**/*.model.test.ts',
      '**/*.python.test.ts',
      '**/*.api.test.ts',
      '**/*.observability.test.ts',
      '**/*.packages.test.ts',
      '**/*.docs.test.ts',
      '**/node_modules/**',
    ],
    reporters: ['default', './scripts/count-reporter.ts'],
    // One more than the processors of a small machine: most of what takes time waits for processes of its own.
    maxWorkers: 3,
    // Guards against hanging, not measures: a loaded machine takes many times as long.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
