import type { FuzzReport } from './fuzz.ts'

const SHOWN = 6
const LONGEST = 300

/** What was done and found, in a few lines, and how each finding is made again. */
export function describeReport(
  report: FuzzReport,
  { seed, publicRead }: { seed: number; publicRead: boolean },
): string {
  const { done, seconds, findings, byTransport, silence, acknowledged, held } = report
  const tally = Object.entries(byTransport).map(([name, count]) => `${name} ${count}`)
  const lines = [
    `${done} operations in ${Math.round(seconds)} s (${tally.join(', ')})`,
    `the longest /livez ${Math.round(silence.elapsed)} ms, of work ${silence.worked} ms; ${acknowledged} readings acknowledged`,
    ...(held === undefined
      ? []
      : [`${megabytes(held.before)} MB held before, ${megabytes(held.after)} MB after`]),
    findings.length === 0 ? 'nothing found' : `${findings.length} found:`,
    ...findings.flatMap(({ rule, count, whats, detail, operations }) => [
      `  ${rule} (${count} times)`,
      `    ${[...whats].slice(0, SHOWN).join(' | ')}${whats.size > SHOWN ? ` | and ${whats.size - SHOWN} more` : ''}`,
      ...(detail === '' ? [] : [`    first: ${detail.replaceAll(/\s+/g, ' ').slice(0, LONGEST)}`]),
      ...(operations.length === 0
        ? []
        : [
            `    npm run fuzz -- --seed ${seed}${publicRead ? '' : ' --no-public-read'} --only ${operations.slice(0, SHOWN).join(',')}`,
          ]),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}
