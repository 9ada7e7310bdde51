/** What the list of uploads shows, as it stands in the address. Pure. */
import type { operations } from '../api/schema'

export const SORTS = ['created', '-created', 'name', '-name', 'size', '-size', 'state', '-state'] as const
export type UploadSort = NonNullable<NonNullable<operations['get_uploads']['parameters']['query']>['sort']>
export const STATES = ['RECEIVING', 'PENDING', 'PROCESSING', 'HELD', 'COMPLETE', 'DISCARDED', 'FAILED', 'CANCELLED', 'UNDONE', 'UNCHANGED'] as const
export type UploadState = (typeof STATES)[number]

export interface UploadsSearch {
  sort?: UploadSort
  state?: UploadState
  dataset?: string
}

/** What is not understood is left out: an address may be old, or written by hand. */
export function readUploadsSearch(search: Record<string, unknown>): UploadsSearch {
  const sort = SORTS.find((one) => one === search['sort'])
  const state = STATES.find((one) => one === search['state'])
  const dataset = typeof search['dataset'] === 'string' && search['dataset'] !== '' ? search['dataset'] : undefined
  return { ...(sort && { sort }), ...(state && { state }), ...(dataset && { dataset }) }
}

const UNDER_WAY: ReadonlySet<UploadState> = new Set(['RECEIVING', 'PENDING', 'PROCESSING'])
export const isUnderWay = (upload: { state: string; removing: boolean }): boolean => UNDER_WAY.has(upload.state as UploadState) || upload.removing

/** The other way round when it is sorted so already. */
export const sortedBy = (now: UploadSort | undefined, by: 'created' | 'name' | 'size' | 'state'): UploadSort => {
  const first: UploadSort = by === 'created' || by === 'size' ? `-${by}` : by
  if ((now ?? '-created') !== first) return first
  return first.startsWith('-') ? by : `-${by}`
}
