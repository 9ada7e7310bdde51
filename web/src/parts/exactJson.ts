/** JSON whose numbers keep all their digits: what JavaScript's numbers cannot hold stays text, as it was written. Pure. */

type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown

/** `context` is what browsers since 2023 give; where it is missing, numbers are as exact as JavaScript's. */
const keepDigits: Reviver = (_, value, context) => {
  if (typeof value !== 'number' || context?.source === undefined) return value
  return String(value) === context.source ? value : context.source
}

export const parseExact = (text: string): unknown => JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
