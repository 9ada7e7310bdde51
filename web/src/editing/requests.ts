/** One row added, changed or deleted by the API. Each is an upload that is waited for, and is made to one version or to none. */
import { datasetUrl } from '../api/addresses'
import { api, Refusal, take } from '../api/client'
import { fetchExact } from '../api/fetchExact'
import type { Changes, Upload } from '../api/schema'
import type { Made } from './session'

const WAIT_S = 10
/** Column to text, which keeps all digits; null: no value. */
export type Texts = Readonly<Record<string, string | null>>

export interface Place {
  dataset: string
  version: number
}

function params({ dataset, version }: Place) {
  return { path: { name: dataset }, query: { wait: WAIT_S }, header: { 'If-Match': `"${version}"` } }
}

export async function addRow(place: Place, values: Texts): Promise<Made> {
  return made(place, await take(api.POST('/api/datasets/{name}/rows', { params: params(place), body: [values] })))
}

/** `row` is its number in that version. */
export async function changeRow(place: Place, row: string, values: Texts): Promise<Made> {
  return made(place, await take(api.PATCH('/api/datasets/{name}/rows', { params: params(place), body: [{ ...values, _row: row }] })))
}

export async function deleteRow(place: Place, row: string): Promise<Made> {
  return made(place, await take(api.DELETE('/api/datasets/{name}/rows', { params: params(place), body: [{ _row: row }] })))
}

/** The version that readers see then. */
export async function undoUpload(dataset: string, upload: string): Promise<number> {
  await take(api.POST('/api/uploads/{upload_id}/undo', { params: { path: { upload_id: upload } } }))
  return (await take(api.GET('/api/datasets/{name}', { params: { path: { name: dataset } } }))).version
}

/** Throws `Refusal` where it came to nothing. */
async function made({ dataset, version: before }: Place, upload: Upload): Promise<Made> {
  if (upload.state === 'UNCHANGED') return { upload: upload.id, version: before, changes: [] }
  if (upload.state === 'COMPLETE' && upload.version) {
    const changes = await fetchExact<Changes>(datasetUrl(dataset, `versions/${upload.version}/changes`, []))
    return { upload: upload.id, version: upload.version, changes: changes.changes }
  }
  if (upload.error) throw new Refusal(upload.error.detail, 409, upload.error.type)
  await take(api.POST('/api/uploads/{upload_id}/cancel', { params: { path: { upload_id: upload.id } } }))
  throw new Refusal('Nothing was saved: another upload of this dataset is under way, or waits to be published. Publish or discard it, or wait for it to end.', 409, 'waits')
}
