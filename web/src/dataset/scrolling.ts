/** Which rows stand in the visible part of a list of any length. Browsers do not scroll through more than some ten million pixels: a longer
 * list is scrolled in larger steps. Pure. */

export const ROW_PX = 34
export const HEIGHT_MAX_PX = 12_000_000
const SPARE_ROWS = 12

export interface Stretch {
  first: number
  /** Behind the last row. */
  end: number
  /** Where the first row stands, from the top of the scrolled height. */
  topPx: number
}

export const heightPx = (rows: number): number => Math.min(rows * ROW_PX, HEIGHT_MAX_PX)

/** `scrollPx` from the top, with `viewPx` visible. */
export function stretchAt(rows: number, scrollPx: number, viewPx: number): Stretch {
  const all = rows * ROW_PX
  const scrollable = Math.max(1, heightPx(rows) - viewPx)
  const part = Math.min(1, Math.max(0, scrollPx / scrollable))
  const offset = all <= HEIGHT_MAX_PX ? scrollPx : part * (all - viewPx)
  const first = Math.max(0, Math.floor(offset / ROW_PX) - SPARE_ROWS)
  const end = Math.min(rows, Math.ceil((offset + viewPx) / ROW_PX) + SPARE_ROWS)
  return { first, end, topPx: scrollPx - (offset - first * ROW_PX) }
}

/** How far to scroll so that the row is visible; `scrollPx` where it is already. */
export function scrollTo(rows: number, row: number, scrollPx: number, viewPx: number): number {
  const all = rows * ROW_PX
  const scrollable = Math.max(1, heightPx(rows) - viewPx)
  const scale = all <= HEIGHT_MAX_PX ? 1 : (all - viewPx) / scrollable
  const top = row * ROW_PX
  const offset = scrollPx * scale
  if (top < offset) return top / scale
  if (top + ROW_PX > offset + viewPx) return (top + ROW_PX - viewPx) / scale
  return scrollPx
}
