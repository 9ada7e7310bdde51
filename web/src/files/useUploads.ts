/** All uploads, page by page, asked for again and again: often while something is under way, seldom else, never in a hidden tab. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { api, take } from '../api/client'
import { isUnderWay, type UploadsSearch } from './uploadsState'

const PAGE = 50
const BUSY_MS = 700
const IDLE_MS = 2_500

export function useUploads(search: UploadsSearch) {
  return useInfiniteQuery({
    queryKey: ['uploads', search],
    queryFn: ({ pageParam, signal }) => take(api.GET('/api/uploads', { params: { query: { ...search, limit: PAGE, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.uploads.some(isUnderWay)) ? BUSY_MS : IDLE_MS),
  })
}
