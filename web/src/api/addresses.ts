/** Addresses of what a browser fetches by itself: downloads and exports. */
import { API } from './client'

export const fileUrl = (upload: string): string => `${API}/api/uploads/${encodeURIComponent(upload)}/file`
export const rejectsUrl = (upload: string): string => `${API}/api/uploads/${encodeURIComponent(upload)}/rejects.csv`
export const newsUrl = (): string => `${API}/api/uploads/events`

/** `parameters` may hold a name several times, as `filter` does. */
export function datasetUrl(dataset: string, part: string, parameters: readonly (readonly [string, string])[]): string {
  const query = new URLSearchParams(parameters.map(([name, value]) => [name, value])).toString()
  return `${API}/api/datasets/${encodeURIComponent(dataset)}/${part}${query ? `?${query}` : ''}`
}
