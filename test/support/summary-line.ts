import type { Reporter, TestModule } from 'vitest/node'

/** A reporter that ends the run with one plain line, which a program can read. */
export default class SummaryLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      // A file that cannot be run, or whose hooks fail, counts as one failed test.
      if (module.errors().length > 0) count.failed += 1
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state !== 'pending') count[state] += 1
      }
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) count.failed += 1
      }
    }
    process.on('exit', (code) => {
      // An error after the tests, such as a process that they left behind.
      if (code !== 0 && count.failed === 0) count.failed = 1
      const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`
      process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`)
    })
  }
}
