import { execFileSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Appended to the name of a test that mounts: why it is skipped, or nothing. Mounting needs root and no container. */
export const needsMounting = canMount() ? '' : ': skipped, this process may not mount a disk'

/** A small disk in memory, mounted on a folder; unmounted when disposed. */
export interface Disk extends AsyncDisposable {
  /** Fills the disk up to some bytes, as another program would. */
  fill(left?: number): Promise<void>
  /** Frees that again. */
  free(): Promise<void>
}

export function mountDisk(folder: string, size: string): Disk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder])
  const filler = join(folder, 'filler')
  return {
    fill: async (left = 0) => {
      const { bavail, bsize } = await statfs(folder)
      const zeros = Readable.from(blocks(bavail * bsize - left))
      await pipeline(zeros, createWriteStream(filler, { flags: 'a' })).catch((error) => {
        if (error.code !== 'ENOSPC') throw error
      })
    },
    free: () => rm(filler),
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', [folder])
    },
  }
}

const BLOCK = Buffer.alloc(65_536)

function* blocks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, left)
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    })
    return process.getuid?.() === 0
  } catch {
    return false
  }
}
