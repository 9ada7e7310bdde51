/** Who asks, and what they may do; a 401 means that a key is wanted. */
import { type QueryClient, useQuery } from '@tanstack/react-query'
import { API, api, Refusal, take } from '../api/client'
import type { Me } from '../api/schema'

export const ME = ['me']
const WANTED = 401

export function useMe() {
  return useQuery({ queryKey: ME, queryFn: ({ signal }) => take(api.GET('/api/me', { signal })), staleTime: Number.POSITIVE_INFINITY })
}

/** Whether one of these is theirs to do; `admin` may all. False until it is known. */
export function useMay(...scopes: Me['scopes']): boolean {
  const own = useMe().data?.scopes ?? []
  return own.includes('admin') || scopes.some((scope) => own.includes(scope))
}

export function wantsKey(error: unknown): boolean {
  return error instanceof Refusal && error.status === WANTED
}

/** Keeps the key in a cookie that no script can read. Throws `Refusal` when it is not good. */
export async function enter(key: string): Promise<void> {
  await take(api.POST('/api/session', { headers: { Authorization: `Bearer ${key}` } }))
}

/** Everything that was shown is forgotten with the key. */
export async function leave(queries: QueryClient): Promise<void> {
  await fetch(`${API}/api/session`, { method: 'DELETE' })
  await queries.resetQueries()
}
