/** Values of rows as text. Pure. JSON numbers are exact in the API; the page shows them as they came. */

export function asText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
