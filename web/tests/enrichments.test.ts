import { expect, test } from 'vitest'
import type { Enrichment, EnrichmentPreview } from '../src/api/schema'
import { changesOf, emptyForm, formOf, newEnrichment, problemOf, triedEnrichment } from '../src/enrichments/form'
import { readEnrichmentsSearch } from '../src/enrichments/state'
import { causeText, countsText, effortText, previewText, whenText } from '../src/enrichments/words'

const LOOKUP: Enrichment = {
  name: 'names',
  kind: 'lookup',
  dataset: 'orders',
  column: 'Code',
  fields: { 'name.common': 'Country', area: 'Area' },
  settings: { url: 'https://api.example/{value}', record: 'data.0', missing: [404, 410], empty: 'failed', headers: { 'X-Team': 'a' }, rate: 2.5, concurrency: 3, cache_s: 3600 },
  has_secret: true,
  on_upload: true,
  on_warning: 'hold',
  schedule: '0 6 * * 1-5',
  time_zone: 'Europe/Berlin',
  next_run_at: null,
  last_run: null,
  created_at: '2026-11-27T00:00:00Z',
}
const LIST: Enrichment = { ...LOOKUP, kind: 'list', settings: { url: 'https://api.example/list', key: 'id', records: 'items', paging: { by: 'page', parameter: 'page', start: 1 } }, has_secret: false }

test.each([
  [LOOKUP],
  [LIST],
  [{ ...LOOKUP, settings: { url: 'https://api.example/{value}' } }],
  [{ ...LOOKUP, settings: { url: 'https://api.example/{value}', missing: [], cache_s: 0 } }],
  [{ ...LOOKUP, settings: { url: 'https://api.example/{value}', cache_s: 100_000 } }],
])('an enrichment goes through the form unchanged', (enrichment) => {
  const { column, fields, settings, on_upload, on_warning, schedule, time_zone } = enrichment
  const secret = enrichment.has_secret ? {} : { secret: null }
  expect(changesOf(formOf(enrichment))).toEqual({ column, fields, settings, on_upload, on_warning, schedule, time_zone, ...secret })
})

test('a secret that is kept stays where nobody reads it, and another takes its place', () => {
  const form = formOf(LOOKUP)
  expect('secret' in triedEnrichment(form)).toBe(false)
  expect(triedEnrichment({ ...form, secret: { ...form.secret, kind: 'headers', headers: 'X-Key: k:1' } }).secret).toEqual({ headers: { 'X-Key': 'k:1' } })
  expect(changesOf({ ...form, secret: { ...form.secret, kind: 'none' } }).secret).toBeNull()
})

test('a new one says what was filled in; what is no number is left to the server to refuse', () => {
  const form = { ...emptyForm('UTC', 'orders', 'Code'), fields: [{ field: ' area ', title: ' Area ' }, { field: '', title: '' }], place: { url: 'u', rate: 'fast', missing: '404 410', key: 'of a list' } }
  expect(newEnrichment(form)).toMatchObject({ name: 'orders-code', fields: { area: 'Area' }, settings: { url: 'u', rate: 'fast', missing: [404, 410] }, secret: null })
  expect(newEnrichment(form).settings).not.toHaveProperty('key')
})

test('a field that stands twice is said, and never left out in silence', () => {
  const form = emptyForm('UTC', '', '')
  expect(problemOf({ ...form, fields: [{ field: 'a', title: 'A' }, { field: 'a ', title: 'B' }] })).toContain('field a stands there twice')
  expect(problemOf({ ...form, fields: [{ field: 'a', title: 'A' }, { field: 'b', title: 'B' }] })).toBe('')
})

test('runs and previews in words', () => {
  const counts = { rows: 6, empty: 1, found: 1, missing: 2, failed: 3, asked: 4, keyless: 0, reasons: [] }
  expect(countsText(counts)).toBe('1 value found, 2 missing, 3 failed')
  expect(effortText(counts)).toBe('6 rows looked at, 4 requests sent, 1 row without a value')
  expect(causeText({ cause: 'upload', only_new: true })).toBe('after an upload, new rows alone')
  expect(whenText({ schedule: '', on_upload: false })).toBe('only when told to')
  expect(whenText({ schedule: '0 6 * * 1-5', on_upload: true })).toBe('after each upload, for new rows; on weekdays at 06:00')
  const preview: EnrichmentPreview = { version: 1, columns: {}, new_columns: [], rows: [{ row: '1', value: 'DE', outcome: 'found', fields: {}, reason: null }, { row: '2', value: null, outcome: 'empty', fields: null, reason: null }] }
  expect(previewText(preview)).toBe('Of the first 2 rows: 1 found, 0 missing, 0 failed, 1 without a value. Nothing of it is kept.')
})

test('the address opens the form, a preview or the runs', () => {
  expect(readEnrichmentsSearch({ dataset: 7, column: 'a', other: 'x', runs: '' })).toEqual({ dataset: '7', column: 'a' })
})
