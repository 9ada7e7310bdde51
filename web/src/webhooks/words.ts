/** Events of webhooks and their deliveries in words. Pure. */
import type { Delivery, WebhookOut } from '../api/schema'
import type { Tone } from '../parts/Badge'

export type Event = WebhookOut['events'][number]

export const EVENTS: Readonly<Record<Event, string>> = {
  'upload.complete': 'An upload is complete',
  'upload.held': 'One waits to be published',
  'upload.failed': 'One has failed',
  'upload.unchanged': 'One was the same file again',
  'upload.cancelled': 'One was cancelled',
  'upload.discarded': 'One was discarded',
  'upload.undone': 'One was undone',
  'source.failed': 'A source could not be fetched',
  'dead-letter': 'An event could not be handled',
}
/** What a new webhook is told of. */
export const USUAL: readonly Event[] = ['upload.complete', 'upload.held', 'upload.failed', 'source.failed']
export const isEvent = (text: string): text is Event => text in EVENTS

export const DELIVERY_LABELS: Readonly<Record<Delivery['state'], string>> = { WAITING: 'On its way', DELIVERED: 'Delivered', FAILED: 'Given up' }
export const DELIVERY_TONES: Readonly<Record<Delivery['state'], Tone>> = { WAITING: 'busy', DELIVERED: 'good', FAILED: 'bad' }

/** "answered 503 · 3 tries"; why it was not taken, where that is known. */
export function deliveryText({ status, attempts, error, state }: Pick<Delivery, 'status' | 'attempts' | 'error' | 'state'>): string {
  const tries = attempts === 0 ? 'not tried yet' : attempts === 1 ? '1 try' : `${attempts} tries`
  const answer = typeof status === 'number' ? `answered ${status}` : ''
  return [answer, state === 'DELIVERED' ? '' : (error ?? ''), tries].filter(Boolean).join(' · ')
}

/** "all datasets", "prices and orders*". */
export function datasetsText(datasets: readonly string[]): string {
  if (datasets.includes('*')) return 'all datasets'
  return datasets.length < 2 ? datasets.join('') : `${datasets.slice(0, -1).join(', ')} and ${datasets.at(-1) ?? ''}`
}

/** As people write lists: by commas, blanks or lines. */
export const readDatasets = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean)
