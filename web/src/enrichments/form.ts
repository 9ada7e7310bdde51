/** The form of an enrichment: what it holds, from one that is there, and what is sent. Pure. */
import type { Enrichment, EnrichmentChanges, NewEnrichment, TriedEnrichment } from '../api/schema'
import { NO_SECRET, type SecretForm, secretOf } from '../sources/form'
import { HEADERS, type Place, type PlaceField, readPlace, readSettings } from '../sources/place'
import { NEVER, readSchedule, type Schedule, writeSchedule } from '../sources/schedule'
import type { Kind } from './words'

const DAY_S = 24 * 3600
const ANSWERS = [
  { value: 'missing', label: 'means that there is none' },
  { value: 'failed', label: 'is a failure' },
]
export const PLACE_FIELDS: Readonly<Record<Kind, readonly PlaceField[]>> = {
  lookup: [
    { name: 'url', label: 'URL', hint: 'With {value} where the value goes.', placeholder: 'https://api.example/countries/{value}', isNeeded: true },
    { name: 'record', label: 'Where the record stands', hint: 'Empty: the answer is the record.', placeholder: 'data.0' },
    { name: 'missing', label: 'Statuses that say “there is none”', hint: 'Empty: 404. “none”: no status does.', placeholder: '404, 410' },
    { name: 'empty', label: 'An answer without a record', choices: ANSWERS },
    { name: 'rate', label: 'Requests a second, at most', placeholder: '5' },
    { name: 'concurrency', label: 'Requests at once, at most', placeholder: '2' },
    { name: 'cache_days', label: 'Days that an answer is kept', placeholder: '30' },
    HEADERS,
  ],
  list: [
    { name: 'url', label: 'URL', placeholder: 'https://api.example/countries', isNeeded: true },
    { name: 'key', label: 'Field that equals the column', placeholder: 'code', isNeeded: true },
    { name: 'records', label: 'Where the records stand', hint: 'Empty: the answer is the list.', placeholder: 'data.items' },
    HEADERS,
  ],
}

export interface FieldForm {
  field: string
  title: string
}

export interface EnrichmentForm {
  name: string
  kind: Kind
  dataset: string
  column: string
  fields: readonly FieldForm[]
  place: Place
  secret: SecretForm
  onUpload: boolean
  onWarning: 'publish' | 'hold'
  schedule: Schedule
  zone: string
}

export function emptyForm(zone: string, dataset: string, column: string): EnrichmentForm {
  const name = `${dataset}-${column}`.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-').replaceAll(/^[-_]+|-+$/g, '').slice(0, 60)
  return { name, kind: 'lookup', dataset, column, fields: [{ field: '', title: '' }], place: {}, secret: NO_SECRET, onUpload: false, onWarning: 'publish', schedule: NEVER, zone }
}

export function formOf(enrichment: Enrichment): EnrichmentForm {
  const { name, kind, dataset, column, on_upload, on_warning, schedule, time_zone } = enrichment
  const { cache_s, ...settings } = enrichment.settings
  const place = readPlace(Array.isArray(settings['missing']) && settings['missing'].length === 0 ? { ...settings, missing: 'none' } : settings)
  return {
    name,
    kind,
    dataset,
    column,
    fields: Object.entries(enrichment.fields).map(([field, title]) => ({ field, title })),
    place: typeof cache_s === 'number' ? { ...place, cache_days: String(cache_s / DAY_S) } : place,
    secret: { ...NO_SECRET, kind: enrichment.has_secret ? 'keep' : 'none' },
    onUpload: on_upload,
    onWarning: on_warning,
    schedule: readSchedule(schedule),
    zone: time_zone,
  }
}

/** What is no number goes as it is, so that the server says what is wrong. */
function numberOf(text: string, unit = 1): number | string {
  const number = Number(text.trim())
  return Number.isFinite(number) ? Math.round(number * unit * 1e6) / 1e6 : text
}

function settingOf(name: string, value: unknown): [string, unknown] {
  if (typeof value !== 'string') return [name, value]
  if (name === 'missing') return [name, value.toLowerCase() === 'none' ? [] : value.split(/[\s,]+/).filter(Boolean).map((status) => numberOf(status))]
  if (name === 'rate' || name === 'concurrency') return [name, numberOf(value)]
  if (name !== 'cache_days') return [name, value]
  const seconds = numberOf(value, DAY_S)
  return ['cache_s', typeof seconds === 'number' ? Math.round(seconds) : seconds]
}

const settingsOf = ({ kind, place }: EnrichmentForm): Record<string, unknown> =>
  Object.fromEntries(Object.entries(readSettings(PLACE_FIELDS[kind], kind === 'list', place)).map(([name, value]) => settingOf(name, value)))

const filled = (form: EnrichmentForm): FieldForm[] => form.fields.map(({ field, title }) => ({ field: field.trim(), title: title.trim() })).filter(({ field }) => field !== '')

/** What the form itself cannot send as it is meant; empty: nothing. */
export function problemOf(form: EnrichmentForm): string {
  const names = filled(form).map(({ field }) => field)
  const twice = names.find((name, place) => names.indexOf(name) < place)
  return twice === undefined ? '' : `The field ${twice} stands there twice. Each can become one column.`
}

function changeable(form: EnrichmentForm) {
  const fields = Object.fromEntries(filled(form).map(({ field, title }) => [field, title]))
  return { column: form.column, fields, settings: settingsOf(form), on_upload: form.onUpload, on_warning: form.onWarning, schedule: writeSchedule(form.schedule), time_zone: form.zone }
}

/** Without a secret, the one that is kept stays. */
const secretPart = ({ secret }: EnrichmentForm): Pick<TriedEnrichment, 'secret'> => (secret.kind === 'keep' ? {} : { secret: secretOf(secret) })

const whole = (form: EnrichmentForm) => ({ name: form.name, kind: form.kind, dataset: form.dataset, ...changeable(form), ...secretPart(form) })

export const newEnrichment = (form: EnrichmentForm): NewEnrichment => whole(form)

export const changesOf = (form: EnrichmentForm): EnrichmentChanges => ({ ...changeable(form), ...secretPart(form) })

export const triedEnrichment = (form: EnrichmentForm): TriedEnrichment => whole(form)
