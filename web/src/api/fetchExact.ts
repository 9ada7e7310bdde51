/** Reads an answer whose values must keep all their digits. */
import { parseExact } from '../parts/exactJson'
import { Refusal, refusalOf } from './client'

/** Throws `Refusal`. */
export async function fetchExact<T>(url: string, signal?: AbortSignal): Promise<T> {
  let response: Response
  try {
    response = await fetch(url, { signal })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Refusal('The server does not answer. It is asked again by itself.', 0, 'no-answer')
  }
  const text = await response.text()
  if (!response.ok) throw refusalOf(readable(text), response.status)
  return parseExact(text) as T
}

function readable(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
