/** Sends a large file in pieces, by tus: a broken line or a restarted server costs a piece at most; after a reload of the page, the same file
 * goes on where it was. */
import { Upload as Tus } from 'tus-js-client'
import { API, Refusal, refusalOf, take, api } from '../api/client'
import type { Upload } from '../api/schema'
import { type Sending, stated } from './sending'

const PIECE_BYTES = 8 * 1024 * 1024
const RETRY_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000]
/** The line broke, somebody else holds the file, or the server is busy or away. */
const PASSING = new Set([0, 409, 423, 429, 500, 502, 503, 504])

/** As `send`. */
export async function sendInPieces({ file, options, onProgress, signal }: Sending): Promise<Upload> {
  const metadata = { filename: file.name, ...stated(options) }
  let made: string | undefined
  const url = await new Promise<string | null>((resolve, reject) => {
    const sending = new Tus(file, {
      endpoint: `${API}/api/resumable`,
      metadata,
      chunkSize: PIECE_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      removeFingerprintOnSuccess: true,
      fingerprint: () => Promise.resolve(JSON.stringify(['rowmill', API, file.name, file.size, file.lastModified, metadata])),
      onShouldRetry: (error) => PASSING.has(error.originalResponse?.getStatus() ?? 0),
      onAfterResponse: (_, response) => {
        made = response.getHeader('Content-Location') ?? made
      },
      onProgress: (sentBytes) => onProgress(sentBytes),
      onSuccess: () => resolve(sending.url),
      onError: (error) => reject('originalResponse' in error ? refusalFrom(error.originalResponse) : new Refusal(error.message, 0, 'not-sent')),
    })
    signal.addEventListener('abort', () => {
      void sending.abort(true).catch(() => {}) // what stays of it is forgotten after a day
      reject(new DOMException('Cancelled', 'AbortError'))
    })
    void sending.findPreviousUploads().then(([begun]) => {
      if (begun) sending.resumeFromPreviousUpload(begun)
      if (!signal.aborted) sending.start()
    }, reject)
  })
  const id = made?.split('/').pop() ?? (await madeOf(url))
  return take(api.GET('/api/uploads/{upload_id}', { params: { path: { upload_id: id } } }))
}

/** All of it had come already; what it became was not heard. */
async function madeOf(url: string | null): Promise<string> {
  const answer: unknown = url ? await fetch(url, { headers: { 'Tus-Resumable': '1.0.0' } }).then((response) => response.json()) : null
  const upload = typeof answer === 'object' && answer !== null && 'upload' in answer ? answer.upload : null
  if (typeof upload !== 'string') throw new Refusal('All of the file has come. The server loads it as soon as it can.', 202, 'not-begun')
  return upload
}

function refusalFrom(response: { getStatus(): number; getBody(): string } | null | undefined): Refusal {
  if (!response) return new Refusal('The line to the server broke. Add the same file again: it goes on where it was.', 0, 'no-answer')
  try {
    return refusalOf(JSON.parse(response.getBody()), response.getStatus())
  } catch {
    return refusalOf(null, response.getStatus())
  }
}
