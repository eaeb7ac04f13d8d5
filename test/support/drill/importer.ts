import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatInstant } from '../../../src/database/instant.ts'
import { type Environment, type Program, startProgram } from '../program.ts'
import type { Ledger } from './ledger.ts'

/** Imports of files, one after the other, each run again until it succeeds. */
export interface Importer extends AsyncDisposable {
  readonly imported: number
  readonly runs: number
  kill(): void
  /** Rejects when an import ends in a way that no kill explains. */
  readonly failed: Promise<never>
  /** Resolves when the current file is stored; none follows. */
  finish(): Promise<void>
}

/** A start of the program costs as much as the file; the server needs the processors too. */
const PAUSE_MS = 500

export function keepImporting(
  ledger: Ledger,
  options: { folder: string; environment: Environment; firstPlant: number; rows: number },
): Importer {
  const { folder, environment, firstPlant, rows } = options
  let program: Program | undefined
  let finishing = false
  let leaving = false
  let imported = 0
  let runs = 0

  /** Returns whether it was stored. */
  const run = async (file: string): Promise<boolean> => {
    await using current = startProgram(['import', file], environment)
    program = current
    runs += 1
    const code = await current.exited.catch(() => undefined)
    if (code === 0 && !current.stdout.includes(' 0 conflicts')) {
      throw new Error(`An import found something else stored:\n${current.stdout}`)
    }
    if (code !== undefined && code !== 0 && !/DATABASE_UNAVAILABLE/.test(current.stderr)) {
      throw new Error(`An import ended with ${code}:\n${current.stderr}`)
    }
    return code === 0
  }

  const keep = async (): Promise<void> => {
    for (let plantId = firstPlant; !finishing && !leaving; plantId++) {
      const file = join(folder, `plant-${plantId}.csv`)
      const { readings, acknowledge } = ledger.send(plantId, rows)
      const lines = readings.map(
        ({ timestamp, soc, batteryPower, pvPower, loadPower, pvToLoad }) =>
          `${plantId},${formatInstant(timestamp)},${soc},${batteryPower},${pvPower},${loadPower},${pvToLoad}\n`,
      )
      const header = 'plant_id,timestamp,soc,batt_power,pv_power,load_power,pv_to_load\n'
      await writeFile(file, header + lines.join(''))
      while (!leaving && !(await run(file))) await sleep(PAUSE_MS)
      await rm(file)
      if (leaving) return
      acknowledge()
      imported += 1
      if (!finishing) await sleep(PAUSE_MS)
    }
  }
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const keeping = keep().catch(failed.reject)

  return {
    get imported() {
      return imported
    },
    get runs() {
      return runs
    },
    kill: () => program?.kill('SIGKILL'),
    finish: async () => {
      finishing = true
      await Promise.race([keeping, failed.promise])
    },
    failed: failed.promise,
    [Symbol.asyncDispose]: async () => {
      leaving = true
      program?.kill('SIGKILL')
      await keeping
    },
  }
}
