import type { Database } from '../database/database.ts'

/** What a command of the command line works with; disposing it closes what was opened for it. */
export interface Workbench extends AsyncDisposable {
  readonly database: Database
  /** Where relative file names start from. */
  readonly workingDirectory: string
}

export type OpenWorkbench = () => Promise<Workbench>
