/** Counts, sizes, rates and durations as the reader's locale writes them. Pure. */

const WHOLE = new Intl.NumberFormat()
const SHORT = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 })
const COMPACT = new Intl.NumberFormat(undefined, { notation: 'compact', maximumSignificantDigits: 3 })
const SHARE = new Intl.NumberFormat(undefined, { style: 'percent', maximumSignificantDigits: 2 })

export const count = (value: number): string => WHOLE.format(value)
export const compact = (value: number): string => COMPACT.format(value)
export const share = (value: number): string => SHARE.format(value)

/** "1 row", "2 rows": `noun` in the singular. */
export const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

export function bytes(value: number): string {
  let size = value
  let unit = 0
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${SHORT.format(size)} ${UNITS[unit] ?? ''}`
}

/** Seconds as people say them: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${SHORT.format(Math.round(seconds * 100) / 100)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
