/**
 * After each test, and after the last of a file that holds something for several tests (which `afterAll` closes):
 * no process, socket, timer or folder is left.
 */
import { subscribe } from 'node:diagnostics_channel'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, afterEach, inject, type RunnerTestSuite, TestRunner } from 'vitest'
import { countResources, foldersIn, lasting, processesIn, resourcesBeyond } from './leaks.ts'

const folder = mkdtempSync(join(inject('runFolder'), 'heliograph-file-'))
// If the tests run as root, PostgreSQL runs as another user, who must be able to enter the folder.
chmodSync(folder, 0o755)
process.env.TMPDIR = folder

/** What was found once is not found again after each test that follows. */
const reported = new Set<string>()
/** Vitest's own, which it opens before the first test. */
let known = countResources()
let hasSpawned = false
subscribe('child_process', () => {
  hasSpawned = true
})

afterEach(async ({ task }) => {
  if (!holds(task.suite ?? task.file)) await leaveNothing()
})
afterAll(async () => {
  try {
    await leaveNothing()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function leaveNothing(): Promise<void> {
  const leaks = await lasting(async () => {
    // What was closed in this turn is gone in the next.
    await setImmediate()
    const found = [
      ...resourcesBeyond(known),
      ...(await foldersIn(folder)),
      ...(hasSpawned ? await processesIn(folder) : []),
    ]
    return found.filter((leak) => !reported.has(leak))
  })
  if (leaks.length === 0) return
  for (const leak of leaks) reported.add(leak)
  known = countResources()
  throw new Error(`Left behind:\n${leaks.join('\n')}`)
}

/** Whether something is closed only after all tests of it, or of what it is part of. */
function holds(suite: RunnerTestSuite): boolean {
  const isFile = suite === suite.file
  const ours = isFile ? 1 : 0
  if (TestRunner.getSuiteHooks(suite).afterAll.length > ours) return true
  return !isFile && holds(suite.suite ?? suite.file)
}
