import { parse } from 'csv-parse/sync'
import { Fault } from '../../fault.ts'
import { quantities } from '../../quantities.ts'
import { isSide, sides } from '../sides.ts'
import {
  baseUnitOf,
  columnOfTarget,
  isMeasuredIn,
  looksLikePower,
  recognise,
  type Target,
  targetNames,
  targetOf,
} from './targets.ts'
import { type Unit, unitInHeader } from './units.ts'

/** A column as the header has it. */
export interface FileColumn {
  /** From 0. */
  place: number
  /** What the rows of the header say of it, without empty cells. */
  cells: readonly string[]
  /** The same in one text; `column 3` if the header says nothing. */
  name: string
  unit: Unit | undefined
}

/** Where the values of a target come from: the sum of one column or several. */
export interface ColumnSource {
  columns: readonly FileColumn[]
  /** undefined: that of the target. Of several columns that of the first; they differ in the exponent at most. */
  unit: Unit | undefined
  /** Of each column. */
  exponents: readonly number[]
  /** told: by the map or the preset. exact: it has the name of solark.telemetry or the API. */
  known: 'told' | 'exact' | 'recognised'
}

/** What each column of a file is. */
export interface CsvColumns {
  readonly sources: ReadonlyMap<Target, ColumnSource>
  readonly ignored: readonly IgnoredColumn[]
}

export interface IgnoredColumn {
  column: FileColumn
  reason: string | undefined
  /** Whether it looks as if it were a power, so that it may have been left out by mistake. */
  looksLikePower: boolean
}

/** The header for each target, as a user names them; see `parseColumnMap`. */
export type ColumnMap = ReadonlyMap<Target, string>

/** What a preset says of columns, and what a file's values show. */
export interface ColumnHints {
  map: ColumnMap
  /**
   * What a vendor calls its columns; then nothing else is recognised. Of several patterns of a target the first that
   * matches any column counts, and all columns that it matches are added up.
   */
  known?: readonly (readonly [Target, RegExp])[] | undefined
  /** Of every power, whatever the header says. */
  unit?: Unit | undefined
  /** Places of columns whose numbers only grow: meters since ever. */
  counters?: ReadonlySet<number> | undefined
  /** Places of columns that have no value. */
  empty?: ReadonlySet<number> | undefined
  /** The columns in which times were found. */
  timePlaces: readonly number[]
}

/**
 * Reads `column=header,…`, where column is a column of solark.telemetry, a field of the API, or one of battery_charge,
 * battery_discharge, grid_import, grid_export, time, sensor and value. A header that contains a comma is quoted as in
 * CSV: `"pv_power=Power, W"`. Without a header no column of the file is this one. Throws `BAD_USER_INPUT`.
 */
export function parseColumnMap(texts: readonly string[]): ColumnMap {
  const map = new Map<Target, string>()
  for (const entry of texts.flatMap(entriesOf)) {
    const at = entry.indexOf('=')
    if (at < 1) {
      throw badMap(`expected column=header, such as pv_power=pv_w; got ${JSON.stringify(entry)}`)
    }
    const name = entry.slice(0, at).trim()
    const target = targetOf(name)
    if (target === undefined) {
      const names = targetNames.map(({ column }) => column).join(', ')
      throw badMap(`unknown column ${JSON.stringify(name)}; expected one of ${names}`)
    }
    if (map.has(target)) throw badMap(`${name} is given twice`)
    map.set(target, entry.slice(at + 1).trim())
  }
  return map
}

/** The columns of a header of one row or several. */
export function columnsOfHeader(rows: readonly (readonly string[])[], width: number): FileColumn[] {
  return Array.from({ length: width }, (_, place) => {
    const cells = rows.map((row) => (row[place] ?? '').trim()).filter((cell) => cell !== '')
    const name = cells.length === 0 ? `column ${place + 1}` : cells.join(' ')
    return { place, cells, name, unit: unitInHeader(cells) }
  })
}

/**
 * Finds out what each column is: those of the map under the names that it gives, then those of the preset, then exact
 * names of solark.telemetry and the API, then, without a preset, names that vendors use. Throws `BAD_USER_INPUT` if a name of the map is missing,
 * or if two columns are the same.
 */
export function findColumns(columns: readonly FileColumn[], hints: ColumnHints): CsvColumns {
  const sources = new Map<Target, ColumnSource>()
  const taken = new Set<FileColumn>()
  const reasons = new Map<FileColumn, string>()
  const take = (target: Target, found: readonly FileColumn[], known: ColumnSource['known']) => {
    sources.set(target, { columns: found, ...unitsFor(target, found, hints), known })
    for (const column of found) taken.add(column)
  }

  for (const [target, text] of hints.map) {
    if (text === '') continue
    const found = columnsNamed(columns, text)
    if (found === undefined) {
      // In long form the map names sensors, which are in the rows.
      if (baseUnitOf(target) !== undefined && mayBeLongForm(columns, hints)) continue
      throw noColumn(text, columns)
    }
    take(target, found, 'told')
  }
  for (const [target, pattern] of hints.known ?? []) {
    if (sources.has(target) || hints.map.has(target)) continue
    const found = columns.filter(
      (column) =>
        !taken.has(column) && [column.name, ...column.cells].some((text) => pattern.test(text)),
    )
    if (found.length > 0) take(target, withValues(found, hints, reasons), 'told')
  }
  const free = columns.filter(
    (column) => !taken.has(column) && !hints.timePlaces.includes(column.place),
  )
  const exact = candidatesOf(free, (column) => {
    const target = column.cells.length === 1 ? targetOf(column.cells[0] ?? '') : undefined
    return target === undefined ? undefined : { target, part: undefined, prefixed: false }
  })
  const byName = candidatesOf(free, ({ cells, name, unit }) => {
    for (const cell of [name, ...cells]) {
      const found = recognise(cell, hints.unit ?? unit)
      if (found !== undefined) return found
    }
    return undefined
  })
  const rounds = hints.known === undefined ? [exact, byName] : [exact]
  for (const [round, candidates] of rounds.entries()) {
    for (const [target, found] of candidates) {
      const left = found.filter(({ column }) => !taken.has(column))
      if (left.length === 0 || sources.has(target) || hints.map.has(target)) continue
      const chosen = choose(target, left, hints, reasons)
      if (chosen.length > 0) take(target, chosen, round === 0 ? 'exact' : 'recognised')
    }
  }
  dropSidesOfKnown(sources, taken, reasons, hints)
  if (![...sources.keys()].some((target) => baseUnitOf(target) !== undefined)) {
    for (const [target, pattern] of longForm) {
      const column = free.find((candidate) => pattern.test(candidate.name.trim()))
      if (column !== undefined && !sources.has(target)) take(target, [column], 'recognised')
    }
  }

  const ignored = columns
    .filter((column) => !taken.has(column) && !hints.timePlaces.includes(column.place))
    .map((column) => {
      const reason = reasons.get(column)
      // A preset knows what it leaves out.
      const power =
        hints.known === undefined &&
        reason === undefined &&
        looksLikePower(column.cells, column.unit)
      return { column, reason, looksLikePower: power }
    })
  return { sources, ignored }
}

/** What exports of Home Assistant, InfluxDB and the like call the columns of the long form. */
const longForm = [
  ['sensor', /^(?:sensor|entity[_ ]id|_?field|_?measurement|topic|metric|variable|name)$/i],
  ['value', /^(?:_?value|state|val|combined|mean)$/i],
] as const

function mayBeLongForm(columns: readonly FileColumn[], { map }: ColumnHints): boolean {
  return longForm.every(
    ([target, pattern]) => map.has(target) || columns.some(({ name }) => pattern.test(name)),
  )
}

type Candidate = { column: FileColumn; part: string | undefined; prefixed: boolean }

function candidatesOf(
  columns: readonly FileColumn[],
  find: (
    column: FileColumn,
  ) => { target: Target; part: string | undefined; prefixed: boolean } | undefined,
): Map<Target, Candidate[]> {
  const candidates = new Map<Target, Candidate[]>()
  for (const column of columns) {
    const found = find(column)
    if (found === undefined) continue
    const { target, ...how } = found
    candidates.set(target, [...(candidates.get(target) ?? []), { column, ...how }])
  }
  return candidates
}

/**
 * Chooses among columns of one target: powers before energies, energies of intervals before meters, a whole before its
 * parts, and a bare name before one with a device in front. Parts are added up. Throws if two are left.
 */
function choose(
  target: Target,
  candidates: readonly Candidate[],
  hints: ColumnHints,
  reasons: Map<FileColumn, string>,
): readonly FileColumn[] {
  const prefer = (
    those: readonly Candidate[],
    is: (candidate: Candidate) => boolean,
    why: string,
  ) => {
    const preferred = those.filter(is)
    if (preferred.length === 0) return those
    for (const { column } of those) {
      if (!preferred.some((candidate) => candidate.column === column)) reasons.set(column, why)
    }
    return preferred
  }
  let left = candidates.filter(({ column }) => {
    const isCounter = isEnergy(column) && hints.counters?.has(column.place) === true
    if (isCounter)
      reasons.set(
        column,
        'it only grows, as a meter does; powers, or energies of intervals, are read',
      )
    return !isCounter
  })
  left = [...prefer(left, ({ column }) => !isEnergy(column), 'its power is read')]
  left = [...prefer(left, ({ part }) => part === undefined, 'a part of what is read')]
  left = [...prefer(left, ({ prefixed }) => !prefixed, 'another column has the name alone')]
  const parts = new Set(left.map(({ part }) => part))
  if (left.length > 1 && (parts.has(undefined) || parts.size < left.length)) {
    const both = left.map(({ column }) => JSON.stringify(column.name)).join(' and ')
    throw badMap(
      `${both} both look like ${columnOfTarget(target)}; name the right one with --map ${columnOfTarget(target)}=…${baseUnitOf(target) === 'W' ? ', or add them up with a + between' : ''}`,
    )
  }
  return withValues(
    left.map(({ column }) => column),
    hints,
    reasons,
  )
}

/** Of several columns those with values: a string that is not in use would make the sum unknown. */
function withValues(
  columns: readonly FileColumn[],
  { empty }: ColumnHints,
  reasons: Map<FileColumn, string>,
): readonly FileColumn[] {
  const filled = columns.filter(({ place }) => empty?.has(place) !== true)
  if (filled.length === 0) return columns
  for (const column of columns) if (!filled.includes(column)) reasons.set(column, 'it is empty')
  return filled
}

const isEnergy = ({ unit }: FileColumn) => unit?.base === 'Wh'

/** A power with its sign says all that its sides do, unless the map names a side. */
function dropSidesOfKnown(
  sources: Map<Target, ColumnSource>,
  taken: Set<FileColumn>,
  reasons: Map<FileColumn, string>,
  { map }: ColumnHints,
): void {
  const drop = (target: Target, kept: Target) => {
    for (const column of sources.get(target)?.columns ?? []) {
      taken.delete(column)
      reasons.set(column, `${columnOfTarget(kept)} is read`)
    }
    sources.delete(target)
  }
  for (const target of [...sources.keys()].filter(isSide)) {
    const { field } = sides[target]
    if (!sources.has(field)) continue
    if (map.has(field) && map.has(target)) {
      throw badMap(
        `${columnOfTarget(field)} says all that ${columnOfTarget(target)} does; map one of them`,
      )
    }
    if (map.has(target)) drop(field, target)
    else drop(target, field)
  }
}

/** Throws if columns cannot be added up. */
function unitsFor(
  target: Target,
  columns: readonly FileColumn[],
  hints: ColumnHints,
): Pick<ColumnSource, 'unit' | 'exponents'> {
  const units = columns.map((column) => unitFor(target, column, hints))
  const [unit] = units
  for (const [index, other] of units.entries()) {
    const isOtherKind = (other?.base ?? baseUnitOf(target)) !== (unit?.base ?? baseUnitOf(target))
    const isUnknown = (other === undefined) !== (unit === undefined)
    if (isOtherKind || (isUnknown && (other ?? unit)?.exponent !== 0)) {
      throw badMap(
        `${JSON.stringify(columns[0]?.name)} and ${JSON.stringify(columns[index]?.name)} cannot be added up as ${columnOfTarget(target)}, because their units differ or are not known; name other columns with --map ${columnOfTarget(target)}=…, or the unit of all with --unit`,
      )
    }
  }
  return { unit, exponents: units.map((of) => of?.exponent ?? 0) }
}

function unitFor(target: Target, column: FileColumn, { unit }: ColumnHints): Unit | undefined {
  if (unit !== undefined && baseUnitOf(target) === 'W') return unit
  return isMeasuredIn(target, column.unit) ? column.unit : undefined
}

/** Returns the columns that a text of the map names: one, or several with a + between. undefined: there is none. */
function columnsNamed(
  columns: readonly FileColumn[],
  text: string,
): readonly FileColumn[] | undefined {
  const one = columnNamed(columns, text)
  if (one !== undefined) return [one]
  const parts = text.split('+').map((part) => columnNamed(columns, part.trim()))
  const found = parts.filter((part) => part !== undefined)
  return parts.length > 1 && found.length === parts.length ? found : undefined
}

function columnNamed(columns: readonly FileColumn[], text: string): FileColumn | undefined {
  const named = columns.filter(({ name, cells }) => name === text || cells.includes(text))
  if (named.length === 1) return named[0]
  if (named.length > 1) {
    // The whole header of one column may be a part of others.
    const whole = named.filter(({ name }) => name === text)
    if (whole.length === 1) return whole[0]
    const places = named.map(({ place }) => place + 1).join(' and ')
    throw badMap(
      `more than one column is called ${JSON.stringify(text)}: those at ${places}; name one as ${JSON.stringify(`${text}#1`)} or by its whole header, such as ${JSON.stringify(named[0]?.name)}`,
    )
  }
  const [, name, number] = /^(.*)#(\d+)$/.exec(text) ?? []
  if (name === undefined) return undefined
  return columns.filter((column) => column.name === name || column.cells.includes(name))[
    Number(number) - 1
  ]
}

/** Throws `BAD_USER_INPUT` if no column is a measurement. */
export function requireMeasurement(
  { sources, ignored }: CsvColumns,
  columns: readonly FileColumn[],
): void {
  const isMeasured =
    (sources.has('sensor') && sources.has('value')) ||
    [...sources.keys()].some(
      (target) => isSide(target) || quantities.some(({ field }) => field === target),
    )
  if (!isMeasured) {
    const reasons = ignored
      .filter(({ reason }) => reason !== undefined)
      .map(({ column, reason }) => `; ${JSON.stringify(column.name)} is not read: ${reason}`)
    throw badMap(
      `no column is known as a measurement: name them with --map soc=…; ${listOf(columns)}${reasons.join('')}`,
    )
  }
}

function noColumn(text: string, columns: readonly FileColumn[]): Fault {
  return badMap(`no column is called ${JSON.stringify(text)}; ${listOf(columns)}`)
}

const SHOWN = 40

export function listOf(columns: readonly FileColumn[]): string {
  const names = columns.slice(0, SHOWN).map(({ name }) => JSON.stringify(name))
  const more = columns.length > SHOWN ? `, and ${columns.length - SHOWN} more` : ''
  return `the file has ${names.join(', ')}${more}`
}

function entriesOf(text: string): string[] {
  const records: string[][] = parse(text, { relax_quotes: true, relax_column_count: true })
  return records.flat()
}

export function badMap(reason: string): Fault {
  return new Fault('BAD_USER_INPUT', `The columns of the file do not fit: ${reason}`)
}
