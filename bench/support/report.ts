import { availableParallelism, loadavg } from 'node:os'
import { type Finding, isMet, type Wanted } from './finding.ts'

/** What a benchmark found, for people and, in the last line, for programs. */
export function report(benchmark: string, findings: readonly Finding[], seconds: number): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const [load = 0] = loadavg()
  const lines = findings.map((finding) => {
    const { name, unit, candidate, baseline, ratio, least, greatest, rounds, wanted } = finding
    const values = `${format(candidate)} against ${format(baseline)} ${unit}`
    const spread = `${format(ratio)} (${format(least)} to ${format(greatest)}, ${rounds} rounds)`
    const verdict =
      wanted === undefined
        ? ''
        : `  ${describe(wanted, unit)}: ${isMet(finding) ? 'met' : 'MISSED'}`
    return `  ${name.padEnd(width)}  ${values.padEnd(34)}  ratio ${spread}${verdict}`
  })
  const machine = { cpus: availableParallelism(), load: Math.round(load * 100) / 100 }
  return [
    `${benchmark}: ${Math.round(seconds)} s; ${machine.cpus} processors, load average ${machine.load}`,
    ...lines,
    JSON.stringify({
      benchmark,
      machine,
      findings: findings.map((finding) => ({ ...finding, met: isMet(finding) })),
    }),
    '',
  ].join('\n')
}

function describe({ of, atLeast, atMost }: Wanted, unit: string): string {
  const bound = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
  return `wanted ${bound}${of === 'candidate' ? ` ${unit}` : ''}`
}

function format(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  return value.toPrecision(3)
}
