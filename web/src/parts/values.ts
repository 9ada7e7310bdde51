/** Values of rows as text. Pure. */

/** Of a longer value the grid shows the beginning; the drawer has all of it. */
const CELL_CHARACTERS_MAX = 400

export function asText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export const cellText = (value: unknown): string => shortened(asText(value), CELL_CHARACTERS_MAX)

export const shortened = (text: string, charactersMax: number): string => (text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text)
