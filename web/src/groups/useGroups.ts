/** What a group of rows comes to: an aggregate for each value, or for a histogram counts of ranges. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { datasetUrl } from '../api/addresses'
import { fetchExact } from '../api/fetchExact'
import type { FacetCount, Groups, Rows } from '../api/schema'
import { rowParameters } from '../dataset/state'
import { aggregateName, type Group, type Shown } from './group'

const POINTS_MAX = 1_000

export interface Found {
  groups: readonly Shown[]
  ranges: readonly FacetCount[]
  hasMore: boolean
}

/** `barsShown`: of bars only the largest are asked for. */
export function useGroups(dataset: string, version: number, group: Group, barsShown: number) {
  return useQuery({
    queryKey: ['groups', dataset, version, group, barsShown],
    queryFn: ({ signal }) => (group.chart === 'histogram' ? askRanges : askGroups)(dataset, version, group, barsShown, signal),
    enabled: group.by !== '',
    placeholderData: keepPreviousData,
  })
}

const narrowed = (version: number, { q, filter }: Group) => rowParameters({ q: q || undefined, filter: filter?.length ? filter : undefined, version })

async function askGroups(dataset: string, version: number, group: Group, barsShown: number, signal: AbortSignal): Promise<Found> {
  const { by, agg } = group
  const name = aggregateName(agg)
  const isLine = group.chart === 'line'
  const asked: [string, string][] = [['by', by], ['agg', agg], ['sort', isLine ? by : `-${name}`], ['limit', String(isLine ? POINTS_MAX : barsShown)]]
  const found = await fetchExact<Groups>(datasetUrl(dataset, 'groups', [...narrowed(version, group), ...asked]), signal)
  const groups = (found.groups as Record<string, unknown>[]).map((row) => ({ by: row[by] ?? null, value: row[name] ?? null }))
  return { groups, ranges: [], hasMore: Boolean(found.next_cursor) }
}

async function askRanges(dataset: string, version: number, group: Group, _: number, signal: AbortSignal): Promise<Found> {
  const found = await fetchExact<Rows>(datasetUrl(dataset, 'rows', [...narrowed(version, group), ['facet', `${group.by}:ranges`], ['limit', '1']]), signal)
  return { groups: [], ranges: found.facets?.[group.by] ?? [], hasMore: false }
}
