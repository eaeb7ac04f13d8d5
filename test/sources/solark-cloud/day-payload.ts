/** A point of a day curve, by the clock of the plant. */
export interface Point {
  /** `HH:MM`. */
  time: string
  PV?: number | null
  Battery?: number | null
  SOC?: number | null
  Load?: number | null
  Grid?: number | null
}

const labels = ['PV', 'Battery', 'SOC', 'Load', 'Grid'] as const

/** The answer of the cloud about a day: one series a label, values as text. */
export function dayPayload(points: readonly Point[]) {
  return {
    infos: labels.map((label, index) => ({
      unit: label === 'SOC' ? '%' : 'W',
      label,
      id: String(index + 1),
      groupCode: null,
      name: null,
      records: points
        .filter((point) => point[label] !== undefined)
        .map((point) => {
          const value = point[label]
          return {
            time: point.time,
            updateTime: null,
            value: value == null ? null : value.toFixed(1),
          }
        }),
    })),
  }
}

/** What every five minutes from `from` to just before `to` are called, in hours. */
export function timesBetween(from: number, to: number): string[] {
  const times: string[] = []
  for (let minute = from * 60; minute < to * 60; minute += 5) {
    const [hours, minutes] = [Math.floor(minute / 60), minute % 60]
    times.push(`${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`)
  }
  return times
}
