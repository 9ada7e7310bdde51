/** The sources, looked at again by itself, and what can be done with one. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, take } from '../api/client'
import type { NewSource, Source, SourceChanges } from '../api/schema'
import { useNotices } from '../shell/notices'
import { isGoingOn } from './runText'

export const SOURCES = ['sources']
const PAGE = 100
const BUSY_MS = 1_000
const IDLE_MS = 5_000

export function useSources() {
  return useInfiniteQuery({
    queryKey: [...SOURCES, 'all'],
    queryFn: ({ pageParam, signal }) => take(api.GET('/api/sources', { params: { query: { limit: PAGE, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.sources.some((source) => isGoingOn(source.last_run))) ? BUSY_MS : IDLE_MS),
  })
}

export function useRuns(source: string) {
  return useInfiniteQuery({
    queryKey: [...SOURCES, 'runs', source],
    queryFn: ({ pageParam, signal }) => take(api.GET('/api/sources/{source}/runs', { params: { path: { source }, query: { cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: ({ state }) => (isGoingOn(state.data?.pages[0]?.runs[0]) ? BUSY_MS : IDLE_MS),
  })
}

export type Action = 'run' | 'again' | 'pause' | 'resume' | 'remove'
const DONE: Readonly<Record<Action, string>> = {
  run: 'is fetched now.',
  again: 'is fetched now, also what has not changed.',
  pause: 'is paused: it is fetched only when you say so.',
  resume: 'goes by its schedule again.',
  remove: 'is removed. What it brought stays.',
}

export function useSourceAction(source: Pick<Source, 'name'>) {
  const queries = useQueryClient()
  const notices = useNotices()
  const params = { path: { source: source.name } }
  return useMutation({
    mutationFn: async (action: Action) => {
      if (action === 'remove') await take(api.DELETE('/api/sources/{source}', { params }))
      else if (action === 'pause') await take(api.POST('/api/sources/{source}/pause', { params }))
      else if (action === 'resume') await take(api.POST('/api/sources/{source}/resume', { params }))
      else await take(api.POST('/api/sources/{source}/run', { params: { ...params, query: { again: action === 'again' } } }))
    },
    onSuccess: (_, action) => notices.done(`${source.name} ${DONE[action]}`),
    onError: (error) => notices.failed(error),
    onSettled: () => queries.invalidateQueries({ queryKey: SOURCES }),
  })
}

/** Makes a source, or changes the one that is named; throws `Refusal`, which the form shows. */
export function useKeepSource(name: string | null) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { made: NewSource } | { changes: SourceChanges }) =>
      'made' in body
        ? take(api.POST('/api/sources', { body: body.made }))
        : take(api.PATCH('/api/sources/{source}', { params: { path: { source: name ?? '' } }, body: body.changes })),
    onSuccess: () => queries.invalidateQueries({ queryKey: SOURCES }),
  })
}
