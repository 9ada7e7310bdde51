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

const SIGN_IN = ['sign-in']
const REFUSALS: Record<string, string> = {
  'sign-in-lost': 'The sign-in was not begun in this browser, or too long ago. Begin again.',
  'sign-in-refused': 'The issuer did not sign you in. Begin again, or ask who runs this server.',
  'no-role': 'You are signed in at the issuer, but no role here fits your groups. Ask who runs this server.',
  'token-too-long': 'The issuer names more groups than a cookie has room for. Ask who runs this server.',
}

/** Where to sign in at an issuer, back to the page that is shown; null: there is no such way. */
export function useSignIn() {
  return useQuery({ queryKey: SIGN_IN, queryFn: findSignIn, staleTime: Number.POSITIVE_INFINITY })
}

async function findSignIn(): Promise<string | null> {
  const answer: unknown = await (await fetch(`${API}/api/login/ways`)).json()
  const way = answer !== null && typeof answer === 'object' && 'sign_in' in answer ? answer.sign_in : null
  return typeof way === 'string' ? `${API}${way}?to=${encodeURIComponent(`${location.pathname}${location.hash}`)}` : null
}

/** Why the issuer's answer let nobody in; empty: nothing is known of that. */
export function signInRefusal(): string {
  return REFUSALS[new URLSearchParams(location.search).get('refused') ?? ''] ?? ''
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
