/** What an enrichment is, and what its runs came to, in words. Pure. */
import type { Enrichment, EnrichmentCounts, EnrichmentPreview, EnrichmentRun, PreviewRow } from '../api/schema'
import { count, counted } from '../format/numbers'
import type { Tone } from '../parts/Badge'
import { RUN_LABELS as OF_SOURCES } from '../sources/runText'
import { scheduleText } from '../sources/schedule'

export type Kind = Enrichment['kind']
export const KINDS: Readonly<Record<Kind, string>> = {
  lookup: 'A request for each value',
  list: 'A list, fetched once',
}

export const RUN_LABELS: Readonly<Record<EnrichmentRun['state'], string>> = { ...OF_SOURCES, RUNNING: 'Asks', UNCHANGED: 'Nothing changed' }

type Outcome = PreviewRow['outcome']
export const OUTCOMES: Readonly<Record<Outcome, string>> = { found: 'Found', missing: 'Missing', failed: 'Failed', empty: 'No value' }
export const OUTCOME_TONES: Readonly<Record<Outcome, Tone>> = { found: 'good', missing: 'warn', failed: 'bad', empty: 'quiet' }

/** "2 values found, 1 missing, 0 failed". */
export const countsText = ({ found, missing, failed }: EnrichmentCounts): string => `${counted(found, 'value')} found, ${count(missing)} missing, ${count(failed)} failed`

/** How much was looked at and asked. */
export function effortText({ rows, empty, asked, keyless }: EnrichmentCounts): string {
  const parts = [`${counted(rows, 'row')} looked at`, `${counted(asked, 'request')} sent`]
  if (empty > 0) parts.push(`${counted(empty, 'row')} without a value`)
  if (keyless > 0) parts.push(`${counted(keyless, 'record')} of the list without a key`)
  return parts.join(', ')
}

export function causeText({ cause, only_new }: Pick<EnrichmentRun, 'cause' | 'only_new'>): string {
  const why = { request: 'asked for', schedule: 'by schedule', upload: 'after an upload' }[cause]
  return only_new ? `${why}, new rows alone` : why
}

/** When it goes by itself. */
export function whenText({ schedule, on_upload }: Pick<Enrichment, 'schedule' | 'on_upload'>): string {
  if (!on_upload) return scheduleText(schedule)
  return schedule === '' ? 'after each upload, for new rows' : `after each upload, for new rows; ${scheduleText(schedule)}`
}

/** "5 of 6 rows: 3 found, 1 missing, 1 failed". */
export function previewText({ rows }: EnrichmentPreview): string {
  if (rows.length === 0) return 'The dataset has no rows yet.'
  const of = (outcome: Outcome): number => rows.filter((row) => row.outcome === outcome).length
  const parts = [`${of('found')} found`, `${of('missing')} missing`, `${of('failed')} failed`]
  if (of('empty') > 0) parts.push(`${of('empty')} without a value`)
  return `Of the first ${counted(rows.length, 'row')}: ${parts.join(', ')}. Nothing of it is kept.`
}
