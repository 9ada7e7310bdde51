/** What a run of a source is and what it brought, in words. Pure. */
import type { Run } from '../api/schema'
import { counted } from '../format/numbers'
import type { Tone } from '../parts/Badge'

export const RUN_LABELS: Readonly<Record<Run['state'], string>> = {
  WAITING: 'Waits for its turn',
  RUNNING: 'Fetches',
  LOADING: 'Loads',
  DONE: 'Done',
  HELD: 'Held: to be published',
  UNCHANGED: 'Nothing new',
  FAILED: 'Failed',
}
export const RUN_TONES: Readonly<Record<Run['state'], Tone>> = { WAITING: 'busy', RUNNING: 'busy', LOADING: 'busy', DONE: 'good', HELD: 'warn', UNCHANGED: 'quiet', FAILED: 'bad' }

export const isGoingOn = (run: Pick<Run, 'state'> | null | undefined): boolean => run !== null && run !== undefined && RUN_TONES[run.state] === 'busy'

/** "2 files, 1,200 rows, 3 findings"; empty where it brought nothing. */
export function broughtText(run: Pick<Run, 'uploads' | 'findings'>): string {
  if (run.uploads.length === 0) return ''
  const rows = run.uploads.reduce((sum, upload) => sum + upload.rows, 0)
  const parts = [counted(run.uploads.length, 'file'), counted(rows, 'row')]
  if (run.findings > 0) parts.push(counted(run.findings, 'finding'))
  return parts.join(', ')
}

/** Why it ran, where that has to be told. */
export function causeText(run: Pick<Run, 'cause' | 'missed'>): string {
  if (run.cause === 'request') return 'asked for'
  return run.missed > 0 ? `by schedule, in the place of ${counted(run.missed, 'run')} that had been missed as well` : 'by schedule'
}
