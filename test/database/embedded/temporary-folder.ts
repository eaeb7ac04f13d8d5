import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresPid } from './postgres-process.ts'

/** A folder that is gone after the test, with the PostgreSQL that a failed test may have left in it. */
export async function temporaryFolder(
  parent = tmpdir(),
): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(parent, 'heliograph-'))
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      const pid = await postgresPid(path)
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      await rm(path, { recursive: true, force: true, maxRetries: 20 })
    },
  }
}
