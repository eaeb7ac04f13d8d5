import { expect, test } from 'vitest'
import { readContract } from './contract.ts'
import { fuzz } from './fuzz.ts'
import { describeReport } from './report.ts'
import { openOwnTarget } from './target.ts'

const operations = Array.from({ length: 1500 }, (_, number) => number)

test.for([
  { readers: 'everybody', publicRead: true, seed: 15 },
  { readers: 'only those with a token', publicRead: false, seed: 16 },
])(
  'a server that lets $readers read stands whatever is sent to it',
  {
    timeout: 300_000,
  },
  async ({ publicRead, seed }) => {
    await using target = await openOwnTarget({ publicRead })
    const report = await fuzz({ target, schema: readContract(), seed, operations })
    const rules = report.findings.map(({ rule }) => rule)
    expect(rules, describeReport(report, { seed, publicRead })).toEqual([])
    expect(report.acknowledged).toBeGreaterThan(500)
  },
)
