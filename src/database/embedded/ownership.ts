import { chownSync, statSync } from 'node:fs'

/** What root makes in another user's folder becomes that user's, or a start with sudo would lock them out. */
export function giveToOwnerOf(folder: string, path: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(folder)
  if (uid !== 0) chownSync(path, uid, gid)
}
