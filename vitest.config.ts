import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/summary-line.ts'],
    globalSetup: ['test/support/postgres.ts'],
    setupFiles: ['test/support/leave-nothing.ts'],
    // Node runs the TypeScript itself, as in production; a module runner would load a second `graphql`.
    experimental: { viteModuleRunner: false },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
})
