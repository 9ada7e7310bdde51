/** Asks the server what a file would become, from its first bytes. */
import { API, Refusal, refusalOf } from '../api/client'
import type { Preview } from '../api/schema'
import { lacksKey, type Options } from './options'
import { stated } from './sending'

/** One more than the server looks at, so that it knows of a rest. */
const SAMPLE_BYTES = 64 * 1024 + 1
/** Nothing can be told of these before their end. */
const WHOLE = /\.(xlsx|xlsm|xlsb|xls|ods|parquet|arrow|feather)$/i

export async function preview(file: File, options: Options, signal: AbortSignal): Promise<Preview> {
  const query = new URLSearchParams({ file_name: file.name, ...stated(lacksKey(options) ? { ...options, mode: undefined } : options) })
  let response: Response
  try {
    response = await fetch(`${API}/api/preview?${query}`, { method: 'POST', body: WHOLE.test(file.name) ? file : file.slice(0, SAMPLE_BYTES), signal })
  } catch (error) {
    if (signal.aborted) throw error
    throw new Refusal('The server does not answer. Is it running?', 0, 'no-answer')
  }
  const body: unknown = await response.json().catch(() => null)
  if (!response.ok) throw refusalOf(body, response.status)
  return body as Preview
}
