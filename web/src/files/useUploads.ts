/** All uploads, page by page, asked for when the server tells that one has changed; where that is not heard, again and again, never in a hidden tab. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { api, take } from '../api/client'
import { isUnderWay, type UploadsSearch } from './uploadsState'
import { useUploadNews } from './useUploadNews'

const PAGE = 50
const BUSY_MS = 700
const IDLE_MS = 2_500
const HEARD_MS = 30_000 // in case something was missed

export function useUploads(search: UploadsSearch) {
  const isHeard = useUploadNews()
  return useInfiniteQuery({
    queryKey: ['uploads', search],
    queryFn: ({ pageParam, signal }) => take(api.GET('/api/uploads', { params: { query: { ...search, limit: PAGE, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (isHeard ? HEARD_MS : query.state.data?.pages.some((page) => page.uploads.some(isUnderWay)) ? BUSY_MS : IDLE_MS),
  })
}
