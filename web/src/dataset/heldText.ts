/** What a version that waits would change, in a sentence's part. Pure. */
import type { Upload } from '../api/schema'
import { count, counted } from '../format/numbers'

type Told = Pick<Upload, 'mode' | 'rows' | 'rejects' | 'inserted' | 'updated' | 'unchanged' | 'removed'>

/** "2 rows new, 1 changed, 3 as before, 1 record could not be loaded". Without a key rows are not compared with those that are there. */
export function changesText(told: Told): string {
  const parts = typeof told.inserted === 'number' ? compared(told) : [told.mode === 'replace' ? `${counted(told.rows, 'row')} in the place of all` : `${counted(told.rows, 'row')} more`]
  if (told.rejects > 0) parts.push(`${counted(told.rejects, 'record')} could not be loaded`)
  return parts.join(', ')
}

function compared({ inserted, updated, removed, unchanged }: Told): string[] {
  const parts: string[] = []
  if (inserted) parts.push(`${counted(inserted, 'row')} new`)
  if (updated) parts.push(`${count(updated)} changed`)
  if (removed) parts.push(`${count(removed)} gone`)
  if (unchanged) parts.push(`${count(unchanged)} as before`)
  return parts.length > 0 ? parts : ['nothing changes']
}
