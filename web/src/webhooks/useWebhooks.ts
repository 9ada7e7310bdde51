/** The webhooks and their logs, looked at again by itself, and what can be done with them. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, take } from '../api/client'
import type { NewWebhook, WebhookChanges } from '../api/schema'
import { useNotices } from '../shell/notices'

const WEBHOOKS = ['webhooks']
const AGAIN_MS = 3_000

export function useWebhooks() {
  return useQuery({ queryKey: [...WEBHOOKS, 'all'], queryFn: ({ signal }) => take(api.GET('/api/webhooks', { signal })), refetchInterval: AGAIN_MS })
}

export function useDeliveries(id: string) {
  return useInfiniteQuery({
    queryKey: [...WEBHOOKS, 'deliveries', id],
    queryFn: ({ pageParam, signal }) => take(api.GET('/api/webhooks/{webhook_id}/deliveries', { params: { path: { webhook_id: id }, query: { cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: AGAIN_MS,
  })
}

function useChanged() {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: WEBHOOKS })
}

/** The answer holds the secret, this once. Throws `Refusal`, which the form shows. */
export function useMakeWebhook() {
  return useMutation({ mutationFn: (body: NewWebhook) => take(api.POST('/api/webhooks', { body })), onSuccess: useChanged() })
}

export function useChangeWebhook(id: string) {
  const params = { path: { webhook_id: id } }
  return useMutation({ mutationFn: (body: WebhookChanges) => take(api.PATCH('/api/webhooks/{webhook_id}', { params, body })), onSuccess: useChanged() })
}

export function useRemoveWebhook(id: string) {
  const notices = useNotices()
  return useMutation({
    mutationFn: () => take(api.DELETE('/api/webhooks/{webhook_id}', { params: { path: { webhook_id: id } } })),
    onSuccess: () => notices.done('The webhook is removed. It is told nothing more.'),
    onError: (error) => notices.failed(error),
    onSettled: useChanged(),
  })
}

export function useReplay(id: string) {
  const notices = useNotices()
  return useMutation({
    mutationFn: (delivery: string) => take(api.POST('/api/webhooks/{webhook_id}/deliveries/{delivery_id}/replay', { params: { path: { webhook_id: id, delivery_id: delivery } } })),
    onSuccess: () => notices.done('It is told once more.'),
    onError: (error) => notices.failed(error),
    onSettled: useChanged(),
  })
}
