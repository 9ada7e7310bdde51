/** The columns in which two rows differ; none where there is nothing to compare with. Pure. */
import { asText } from '../parts/values'

export function differing(before: Record<string, unknown> | undefined, values: Record<string, unknown>): ReadonlySet<string> {
  if (!before) return new Set()
  const names = new Set([...Object.keys(before), ...Object.keys(values)])
  return new Set([...names].filter((name) => asText(before[name]) !== asText(values[name])))
}
