import type { SetTariffOfMutationVariables, Weekday } from './generated/graphql.ts'
import { words } from './words.ts'

export const daysOfWeek = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const satisfies readonly Weekday[]

export const months = Array.from({ length: 12 }, (_, index) => index + 1)

/** What is wrong with a form, and in which field; undefined: in none of them. */
export interface FormFault {
  readonly field: string | undefined
  readonly message: string
}

/** The variables of a new tariff, and the field of the form for a path in them. */
export interface FilledTariff {
  readonly variables: Omit<SetTariffOfMutationVariables, 'plantId'>
  fieldOf(path: readonly unknown[]): string | undefined
}

const ways = ['import', 'export'] as const
type Way = (typeof ways)[number]
type Rates = SetTariffOfMutationVariables['import']

const DECIMAL = /^-?(\d{1,8}(\.\d{1,10})?|\.\d{1,10})$/
const top: ReadonlySet<unknown> = new Set(['currency', 'dailyCharge', 'validFrom'])

/** The name of a field of a row: each row is a time of use, with a number of its own. */
export function rowField(part: string, row: number): string {
  return `${part}:${row}`
}

/**
 * Reads a filled-in form. A row is a window of each way that it has a rate for. Returns a fault if an amount is none
 * that the server could take, or a row has no rate; all else is the server's to check.
 */
export function readTariff(
  form: FormData,
  rows: readonly number[],
): { input: FilledTariff } | { fault: FormFault } {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  /** With a digit before the point: people leave it out. */
  const amount = (name: string) => text(name).replace(/^-?(?=\.)/, (sign) => `${sign}0`)
  const amounts = ['importRate', 'exportRate', 'dailyCharge'].concat(
    rows.flatMap((row) => [rowField('importRate', row), rowField('exportRate', row)]),
  )
  const wrong = amounts.find((name) => text(name) !== '' && !DECIMAL.test(text(name)))
  if (wrong !== undefined) return { fault: { field: wrong, message: words.worth.form.decimal } }
  const empty = rows.find((row) => ways.every((way) => text(rowField(`${way}Rate`, row)) === ''))
  if (empty !== undefined) {
    return { fault: { field: rowField('importRate', empty), message: words.worth.form.noRate } }
  }
  const rowsOf = (way: Way) => rows.filter((row) => text(rowField(`${way}Rate`, row)) !== '')
  const ratesOf = (way: Way): Rates => ({
    rate: text(`${way}Rate`) === '' ? null : amount(`${way}Rate`),
    windows: rowsOf(way).map((row) => ({
      rate: amount(rowField(`${way}Rate`, row)),
      months: form.getAll(rowField('months', row)).map(Number),
      weekdays: daysOfWeek.filter((day) => form.getAll(rowField('weekdays', row)).includes(day)),
      from: text(rowField('from', row)),
      to: text(rowField('to', row)),
    })),
  })
  return {
    input: {
      variables: {
        validFrom: text('validFrom'),
        currency: text('currency'),
        dailyCharge: amount('dailyCharge'),
        import: ratesOf('import'),
        export: ratesOf('export'),
      },
      fieldOf: (path) => {
        const [name, part, index, field] = path
        if (typeof name === 'string' && top.has(name)) return name
        if (name !== 'import' && name !== 'export') return undefined
        if (part !== 'windows' || typeof index !== 'number') return `${name}Rate`
        const row = rowsOf(name)[index]
        if (row === undefined) return undefined
        if (field === 'rate') return rowField(`${name}Rate`, row)
        // Two windows that overlap are at fault as a whole.
        return rowField(typeof field === 'string' ? field : 'from', row)
      },
    },
  }
}
