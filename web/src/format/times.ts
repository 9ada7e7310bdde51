/** Instants in the reader's zone and language. Pure, but for the clock that is given. */

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

export const exact = (instant: string): string => EXACT.format(new Date(instant))

/** "5 minutes ago", "yesterday"; the date once it is a month old. */
export function ago(instant: string, now: number = Date.now()): string {
  const seconds = (Date.parse(instant) - now) / 1000
  if (seconds < -30 * 86_400) return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(new Date(instant))
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.round(seconds / length), unit)
  }
  return 'just now'
}
