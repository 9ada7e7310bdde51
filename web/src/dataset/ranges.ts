/** What a facet counts: a value, or a range of them; how it is called, and the filters that show its rows. Pure. */
import type { FacetCount } from '../api/schema'
import { asText, shortened } from '../parts/values'
import { writeFilter } from './state'

const LABEL_CHARACTERS_MAX = 80

/** Instants without the part that says nothing. */
export const shortBound = (bound: string): string => bound.replace(/T00:00:00(\.0+)?(Z|\+00:00)?$/, '')

export function labelOf(one: FacetCount): string {
  if (one.from !== undefined && one.from !== null && one.to !== undefined && one.to !== null) return `${shortBound(one.from)} – ${shortBound(one.to)}`
  if (one.to !== undefined && one.to !== null) return `below ${shortBound(one.to)}`
  if (one.from !== undefined && one.from !== null) return `from ${shortBound(one.from)}`
  return shortened(asText(one.value), LABEL_CHARACTERS_MAX) || 'empty'
}

export function filtersOf(column: string, one: FacetCount): string[] {
  if (one.value !== undefined) return [writeFilter({ column, op: 'eq', value: asText(one.value) })]
  return [...(one.from ? [writeFilter({ column, op: 'gte', value: one.from })] : []), ...(one.to ? [writeFilter({ column, op: 'lt', value: one.to })] : [])]
}
