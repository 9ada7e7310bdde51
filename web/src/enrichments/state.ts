/** What the page of the enrichments shows, as it stands in its address. Pure. */

export interface EnrichmentsSearch {
  /** Whose runs are open. */
  runs?: string
  /** Which one is tried on ten rows. */
  preview?: string
  /** Of a new one: the form is open. */
  dataset?: string
  column?: string
}

const NAMES = ['runs', 'preview', 'dataset', 'column'] as const

/** A name of digits alone comes as a number. */
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined)

export function readEnrichmentsSearch(search: Record<string, unknown>): EnrichmentsSearch {
  return Object.fromEntries(NAMES.flatMap((name) => (text(search[name]) === undefined ? [] : [[name, text(search[name])]])))
}
