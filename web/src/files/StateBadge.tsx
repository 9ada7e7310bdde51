/** The state of an upload in a word and a colour; while it is under way also how far it is and how long it will take. */
import { Progress } from '@mantine/core'
import type { Upload } from '../api/schema'
import { compact, duration, share } from '../format/numbers'
import { Badge, type Tone } from '../parts/Badge'
import classes from './StateBadge.module.css'
import type { UploadState } from './uploadsState'

export const LABELS: Readonly<Record<UploadState, string>> = {
  RECEIVING: 'Receiving',
  PENDING: 'Waiting',
  PROCESSING: 'Loading',
  HELD: 'Held: to be published',
  COMPLETE: 'Complete',
  DISCARDED: 'Discarded',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
  UNDONE: 'Undone',
  UNCHANGED: 'Unchanged',
}
export const TONES: Readonly<Record<UploadState, Tone>> = {
  RECEIVING: 'busy',
  PENDING: 'busy',
  PROCESSING: 'busy',
  HELD: 'warn',
  COMPLETE: 'good',
  DISCARDED: 'quiet',
  FAILED: 'bad',
  CANCELLED: 'quiet',
  UNDONE: 'quiet',
  UNCHANGED: 'quiet',
}
const STAGES = { loading: 'Loading', merging: 'Merging', indexing: 'Indexing' } as const

export function StateBadge({ upload }: { upload: Pick<Upload, 'state' | 'stage' | 'removing'> }) {
  const staged = upload.state === 'PROCESSING' && upload.stage ? STAGES[upload.stage] : LABELS[upload.state]
  return <Badge tone={upload.removing ? 'busy' : TONES[upload.state]}>{upload.removing ? 'Being taken out' : staged}</Badge>
}

export function UploadProgress({ upload }: { upload: Upload }) {
  if (upload.state !== 'PROCESSING') return null
  const parts = [share(upload.progress)]
  if (upload.rows_per_s) parts.push(`${compact(upload.rows_per_s)} rows/s`)
  if (upload.eta_s) parts.push(`${duration(upload.eta_s)} left`)
  return (
    <div className={classes.progress}>
      <Progress size="xs" value={upload.progress * 100} aria-label={`Progress of ${upload.file_name}`} />
      <span className="soft small numbers">{parts.join(' · ')}</span>
    </div>
  )
}
