/** What rows can be grouped by, and what can be told of each group. Pure. */
import type { Dataset } from '../api/schema'

interface Choice {
  value: string
  label: string
}

const MEASURES = { sum: 'Sum of', avg: 'Mean of', min: 'Lowest', max: 'Highest' } as const

/** Columns with few values come first: they make groups that can be looked at. */
export function groupChoices(dataset: Pick<Dataset, 'columns' | 'profile'>): { by: Choice[]; agg: Choice[] } {
  const distinct = new Map(dataset.profile.map((profile) => [profile.name, profile.distinct ?? Infinity]))
  const spread = (name: string): number => {
    const values = distinct.get(name) ?? Infinity
    return values <= 1 ? Infinity : values
  }
  const by = dataset.columns.toSorted((one, other) => spread(one.name) - spread(other.name)).map((column) => ({ value: column.name, label: column.title || column.name }))
  const numeric = dataset.columns.filter((column) => column.type === 'integer' || column.type === 'decimal')
  const agg = numeric.flatMap((column) => Object.entries(MEASURES).map(([measure, label]) => ({ value: `${measure}:${column.name}`, label: `${label} ${column.title || column.name}` })))
  return { by, agg: [{ value: 'count', label: 'Number of rows' }, ...agg] }
}
