/** The API, typed by its own description; a refusal is thrown as the sentence that the server gave. */
import createClient from 'openapi-fetch'
import { Refusal, refusalOf } from './refusal'
import type { paths } from './schema'

export { Refusal, refusalOf }

const STATED = document.querySelector<HTMLMetaElement>('meta[name="rowmill-api"]')?.content ?? '.'

/** The API's address, absolute and without a slash at its end. */
export const API = new URL(STATED, document.baseURI).href.replace(/\/$/, '')

export const api = createClient<paths>({ baseUrl: API })

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The answer's content; throws `Refusal`. */
export async function take<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await asked
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Refusal('The server does not answer. It is asked again by itself.', 0, 'no-answer')
  }
  if (!answer.response.ok) throw refusalOf(answer.error, answer.response.status)
  return answer.data as T
}
