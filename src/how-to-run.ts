import { sep } from 'node:path'

/** npm installs it below `node_modules`, where nobody runs the scripts of its package.json. */
const isInstalled = import.meta.dirname.includes(`${sep}node_modules${sep}`)

/**
 * Returns how a person runs a command of this program, for messages and help: `npx heliograph import file.csv` if it is
 * installed, `npm run import -- file.csv` in a copy of the repository.
 */
export function howToRun(command: string, options = ''): string {
  if (isInstalled) return `npx heliograph ${command}${options && ` ${options}`}`
  return `npm run ${command}${options && ` -- ${options}`}`
}
