/** Values of rows as text. Pure. */

/** Of a longer value the grid shows the beginning; the drawer has all of it. */
const CELL_CHARACTERS_MAX = 400

export function asText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export function cellText(value: unknown): string {
  const text = asText(value)
  return text.length > CELL_CHARACTERS_MAX ? `${text.slice(0, CELL_CHARACTERS_MAX)}…` : text
}
