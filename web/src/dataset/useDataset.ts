/** What is known of a dataset, of the version that the page shows; asked for again so that a new version is noticed. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { api, take } from '../api/client'
import type { Dataset } from '../api/schema'
import type { DatasetSearch } from './state'

const AGAIN_MS = 4_000

export function useDataset(name: string, version: number | undefined) {
  return useQuery({
    queryKey: ['dataset', name, version],
    // The client widens pairs to lists.
    queryFn: async ({ signal }) => (await take(api.GET('/api/datasets/{name}', { params: { path: { name }, query: { version } }, signal }))) as Dataset,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  })
}

/** What the page shows, and how to show something else. */
export function useShown(): [DatasetSearch, (change: Partial<DatasetSearch>) => void] {
  const search = useSearch({ from: '/datasets/$name' })
  const navigate = useNavigate({ from: '/datasets/$name' })
  return [search, (change) => void navigate({ search: (now) => ({ ...now, ...change }), replace: !('tab' in change || 'row' in change || 'column' in change) })]
}
