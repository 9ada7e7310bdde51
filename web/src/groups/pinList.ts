/** Pins of a dataset: groups that everybody sees. Pure. */
import type { Dataset } from '../api/schema'

export const PINS_MAX = 24
export type Pin = Dataset['pins'][number]

/** The pin one place nearer to the beginning, or to the end. */
export function movedPin(pins: readonly Pin[], place: number, by: -1 | 1): Pin[] {
  const to = place + by
  const next = [...pins]
  if (to < 0 || to >= next.length) return next
  next.splice(to, 0, ...next.splice(place, 1))
  return next
}
