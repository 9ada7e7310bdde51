/** Which columns get facets at the side: those with few values, by value; numbers and dates, by ranges. Pure. */
import type { Dataset } from '../api/schema'

const VALUES_MAX = 60
const FACETS_MAX = 6

export interface FacetChoice {
  column: string
  title: string
  /** As the API takes it. */
  parameter: string
}

export function facetsFor(dataset: Pick<Dataset, 'columns' | 'profile'>): FacetChoice[] {
  const profiles = new Map(dataset.profile.map((profile) => [profile.name, profile]))
  const choices = dataset.columns.flatMap((column): (FacetChoice & { values: number })[] => {
    const distinct = profiles.get(column.name)?.distinct ?? Infinity
    const one = { column: column.name, title: column.title || column.name, values: distinct }
    if (column.type === 'boolean' || (distinct > 1 && distinct <= VALUES_MAX)) return [{ ...one, parameter: `${column.name}:top:8` }]
    const isRanged = ['integer', 'decimal', 'date', 'timestamp'].includes(column.type)
    return isRanged && distinct > 1 ? [{ ...one, values: VALUES_MAX + 1, parameter: `${column.name}:ranges` }] : []
  })
  return choices.toSorted((one, other) => one.values - other.values).slice(0, FACETS_MAX)
}

const TELLING_MIN = 4

/** Whether counts say more than the rows do: where each of many values stands once, they are a list of rows. The profile is of the newest file alone, so a
 * column of keys can seem to have few values. */
export function isTelling(counts: readonly { count: number }[]): boolean {
  return counts.length > 0 && (counts.length < TELLING_MIN || counts.some((one) => one.count > 1))
}
