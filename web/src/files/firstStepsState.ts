/** How far a new user has come, as the uploads tell. Pure. */
import type { Upload } from '../api/schema'

/** With more, whoever looks knows their way. */
const UPLOADS_MAX = 8

type Told = Pick<Upload, 'id' | 'file_name' | 'dataset' | 'state' | 'rejects'>

export interface Progress {
  /** The newest upload with records that could not be loaded. */
  toMend: Told | undefined
  /** The one to search: of the newest file that can be. */
  dataset: string
  isSampleLoaded: boolean
  isMended: boolean
  isUndone: boolean
}

/** `uploads`, the newest first; null where no first step is to be shown. */
export function firstSteps(uploads: readonly Told[]): Progress | null {
  const complete = uploads.filter((upload) => upload.state === 'COMPLETE')
  const newest = complete[0]
  if (!newest || uploads.length > UPLOADS_MAX) return null
  return {
    toMend: complete.find((upload) => upload.rejects > 0),
    dataset: newest.dataset,
    isSampleLoaded: uploads.some((upload) => upload.file_name === 'price list.csv' && upload.state === 'COMPLETE'),
    isMended: uploads.some((upload) => upload.file_name.endsWith(' mended.csv') && upload.state === 'COMPLETE'),
    isUndone: uploads.some((upload) => upload.state === 'UNDONE'),
  }
}
