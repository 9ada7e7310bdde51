/** The enrichments, looked at again by themselves, and what can be done with one. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, take } from '../api/client'
import type { Enrichment, EnrichmentChanges, NewEnrichment, TriedEnrichment } from '../api/schema'
import { useNotices } from '../shell/notices'
import { isGoingOn } from '../sources/runText'

export const ENRICHMENTS = ['enrichments']
const PAGE = 100
const BUSY_MS = 1_000
const IDLE_MS = 5_000

export function useEnrichments() {
  return useInfiniteQuery({
    queryKey: [...ENRICHMENTS, 'all'],
    queryFn: ({ pageParam, signal }) => take(api.GET('/api/enrichments', { params: { query: { limit: PAGE, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.enrichments.some((one) => isGoingOn(one.last_run))) ? BUSY_MS : IDLE_MS),
  })
}

export function useEnrichmentRuns(enrichment: string) {
  return useInfiniteQuery({
    queryKey: [...ENRICHMENTS, 'runs', enrichment],
    queryFn: ({ pageParam, signal }) => take(api.GET('/api/enrichments/{enrichment}/runs', { params: { path: { enrichment }, query: { cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: ({ state }) => (isGoingOn(state.data?.pages[0]?.runs[0]) ? BUSY_MS : IDLE_MS),
  })
}

/** Each asks the remote API, so it is asked when it is opened, and again only when somebody says so. */
export function useEnrichmentPreview(enrichment: string) {
  return useQuery({
    queryKey: ['enrichment-preview', enrichment],
    queryFn: ({ signal }) => take(api.POST('/api/enrichments/{enrichment}/preview', { params: { path: { enrichment } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  })
}

/** Of one that is not kept yet, or not kept so. */
export const useTryEnrichment = () => useMutation({ mutationFn: (body: TriedEnrichment) => take(api.POST('/api/enrichment-previews', { body })) })

export type Action = 'run' | 'again' | 'remove'
const DONE: Readonly<Record<Action, string>> = {
  run: 'runs now.',
  again: 'runs now, and asks for everything again.',
  remove: 'is removed. Its columns stay.',
}

export function useEnrichmentAction({ name }: Pick<Enrichment, 'name'>) {
  const queries = useQueryClient()
  const notices = useNotices()
  const params = { path: { enrichment: name } }
  return useMutation({
    mutationFn: async (action: Action) => {
      if (action === 'remove') await take(api.DELETE('/api/enrichments/{enrichment}', { params }))
      else await take(api.POST('/api/enrichments/{enrichment}/run', { params: { ...params, query: { again: action === 'again' } } }))
    },
    onSuccess: (_, action) => notices.done(`${name} ${DONE[action]}`),
    onError: (error) => notices.failed(error),
    onSettled: () => queries.invalidateQueries({ queryKey: ENRICHMENTS }),
  })
}

/** Makes one, or changes the one that is named; throws `Refusal`, which the form shows. */
export function useKeepEnrichment(name: string | null) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { made: NewEnrichment } | { changes: EnrichmentChanges }) =>
      'made' in body
        ? take(api.POST('/api/enrichments', { body: body.made }))
        : take(api.PATCH('/api/enrichments/{enrichment}', { params: { path: { enrichment: name ?? '' } }, body: body.changes })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ENRICHMENTS }),
  })
}

const SUGGESTED = 200

/** Names of datasets, to be chosen from. */
export function useDatasetNames(): string[] {
  const datasets = useQuery({ queryKey: ['datasets', 'names'], queryFn: ({ signal }) => take(api.GET('/api/datasets', { params: { query: { limit: SUGGESTED } }, signal })) })
  return datasets.data?.datasets.map((dataset) => dataset.name) ?? []
}

/** Titles of the columns of a dataset; none where there is no such dataset (yet). */
export function useColumnTitles(dataset: string): string[] {
  const names = useDatasetNames()
  const columns = useQuery({
    queryKey: ['dataset', dataset, 'titles'],
    queryFn: ({ signal }) => take(api.GET('/api/datasets/{name}', { params: { path: { name: dataset } }, signal })),
    enabled: names.includes(dataset),
  })
  return columns.data?.columns.map((column) => column.title || column.name) ?? []
}
