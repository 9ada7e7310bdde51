/** What an edit has made, and why it was not made, in sentences. Pure. */
import { Refusal } from '../api/refusal'
import { asText, shortened } from '../parts/values'

const SHOWN_CHARACTERS_MAX = 60
/** Somebody else was first: with the dataset, or with this row of it. */
const OVERTAKEN = new Set(['version-moved', 'no-such-row'])

const value = (one: unknown): string => (one === null || one === undefined ? 'nothing' : one === '' ? 'an empty text' : `“${shortened(asText(one), SHOWN_CHARACTERS_MAX)}”`)

export const changedText = (version: number, column: string, before: unknown, now: unknown): string =>
  `Version ${version}: ${column} is ${value(now)} now, and was ${value(before)}.`

export const removedText = (version: number, values: Readonly<Record<string, unknown>>): string =>
  `Version ${version}: the row ${value(Object.values(values).map(asText).filter(Boolean).slice(0, 4).join(', '))} is gone.`

export const addedText = (version: number): string => `Version ${version}: one row is new, at the end.`

export const wasOvertaken = (error: unknown): boolean => error instanceof Refusal && OVERTAKEN.has(error.code)

export function refusedText(error: unknown): string {
  if (wasOvertaken(error)) return 'Nothing was saved: somebody else has changed the dataset meanwhile. Show its rows as they are now, and change what is right then.'
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^Row 1, column /, 'Column ') // of the one row that was sent
}
