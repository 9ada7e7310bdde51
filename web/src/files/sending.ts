/** Sends a file, telling how much of it is on its way. */
import { API, Refusal, refusalOf } from '../api/client'
import type { Upload } from '../api/schema'
import type { Options } from './options'

export interface Sending {
  file: File
  options: Options
  /** The same for each try, so that a file is loaded once. */
  key: string
  onProgress: (sentBytes: number) => void
  signal: AbortSignal
}

/** A larger file goes in pieces. */
const AT_ONCE_BYTES_MAX = 8 * 1024 * 1024

/** The upload, stored and scanned. Throws `Refusal`; aborted, a `DOMException`. */
export async function send(sending: Sending): Promise<Upload> {
  if (sending.file.size <= AT_ONCE_BYTES_MAX) return sendAtOnce(sending)
  const { sendInPieces } = await import('./sendingInPieces')
  return sendInPieces(sending)
}

function sendAtOnce({ file, options, key, onProgress, signal }: Sending): Promise<Upload> {
  const query = new URLSearchParams({ file_name: file.name, ...stated(options) })
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `${API}/api/uploads?${query}`)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.setRequestHeader('Idempotency-Key', key)
    request.upload.onprogress = (event) => onProgress(event.loaded)
    request.onerror = () => reject(new Refusal('The line to the server broke. Try again: the file is loaded once.', 0, 'no-answer'))
    request.onabort = () => reject(new DOMException('Cancelled', 'AbortError'))
    request.onload = () => {
      const body = parsed(request.responseText)
      if (request.status === 202) resolve(body as Upload)
      else reject(refusalOf(body, request.status))
    }
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

/** Without what is empty: that is found out. */
export const stated = (options: Options): Record<string, string> =>
  Object.fromEntries(Object.entries(options).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Also where the page is not served securely, so without `crypto.randomUUID`. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
