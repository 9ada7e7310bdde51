import { expect, test } from 'vitest'
import type { Source } from '../src/api/schema'
import { changesOf, emptyForm, formOf, newSource } from '../src/sources/form'
import { placeText, readHeaders, readPlace, settingsOf } from '../src/sources/place'
import { broughtText, causeText } from '../src/sources/runText'
import { readSchedule, scheduleText, writeSchedule } from '../src/sources/schedule'

test.each([
  ['', 'only when told to'],
  ['30 3 * * *', 'each day at 03:30'],
  ['@daily', 'each day at 00:00'],
  ['0 6 * * 1-5', 'on weekdays at 06:00'],
  ['5 18 * * 0', 'on Sundays at 18:05'],
  ['5 18 * * 7', 'on Sundays at 18:05'],
  ['0 4 15 * *', 'on day 15 of each month at 04:00'],
  ['0 * * * *', 'each hour, on the hour'],
  ['20 * * * *', 'each hour, 20 minutes past'],
  ['*/15 * * * *', 'every 15 minutes'],
  ['0 */6 * * *', 'every 6 hours, on the hour'],
  ['0 6,18 * * *', 'each day at 06:00 and 18:00'],
  ['0 6,12,18 * * mon-fri', 'on weekdays at 06:00, 12:00 and 18:00'],
  ['0 6 * 1 *', 'by the cron expression 0 6 * 1 *'],
  ['*/5 8-18 * * *', 'by the cron expression */5 8-18 * * *'],
  ['0 0 1 * 1', 'by the cron expression 0 0 1 * 1'],
  ['nonsense', 'by the cron expression nonsense'],
])('%s is told as “%s”', (cron, words) => expect(scheduleText(cron)).toBe(words))

test.each(['', '30 3 * * *', '0 6 * * 1-5', '5 18 * * 0', '0 4 15 * *', '20 * * * *', '*/15 * * * *', '0 6 * 1 *'])('the form gives %s back as it was', (cron) =>
  expect(writeSchedule(readSchedule(cron))).toBe(cron),
)

const API: Source = {
  name: 'items',
  kind: 'api',
  dataset: 'goods',
  settings: { url: 'https://api.example/items', records: 'data', fields: ['sku', 'price.amount'], headers: { 'X-Team': 'a: b' }, paging: { by: 'cursor', parameter: 'c', next: 'meta.next', pages_max: 5 } },
  has_secret: true,
  options: { mode: 'upsert', key: 'sku', delimiter: 'semicolon' },
  schedule: '0 6 * * 1-5',
  time_zone: 'Europe/Berlin',
  jitter_s: 120,
  paused: false,
  next_run_at: null,
  last_run: null,
  created_at: '2026-11-27T00:00:00Z',
}

test('a source goes through the form unchanged, and its secret stays where nobody reads it', () => {
  const form = formOf(API)
  expect(changesOf(form)).toEqual({ dataset: 'goods', settings: API.settings, options: API.options, schedule: API.schedule, time_zone: API.time_zone, jitter_s: 120 })
  expect(changesOf({ ...form, secret: { ...form.secret, kind: 'none' } }).secret).toBeNull()
  expect(changesOf({ ...form, secret: { ...form.secret, kind: 'headers', headers: 'X-Key: k:1\n\n' } }).secret).toEqual({ headers: { 'X-Key': 'k:1' } })
})

test('a new source says what its kind has, and nothing else', () => {
  const form = { ...emptyForm('UTC'), name: 'a', dataset: 'b', kind: 's3' as const, place: { bucket: 'shop', url: 'of another kind', glob: ' ' }, further: 'max_rejects=5%\nnonsense' }
  expect(newSource(form)).toMatchObject({ kind: 's3', settings: { bucket: 'shop' }, options: { mode: 'replace', max_rejects: '5%' }, secret: null })
})

test('settings are read and written, numbers as numbers', () => {
  expect(settingsOf('api', { url: 'u', 'paging.by': 'offset', 'paging.parameter': 'o', 'paging.size': '50', 'paging.next': 'of cursors' })).toEqual({ url: 'u', paging: { by: 'offset', parameter: 'o', size: 50 } })
  expect(readPlace({ url: 'u', fields: ['a', 'b'], paging: { by: 'link' } })).toEqual({ url: 'u', fields: 'a, b', 'paging.by': 'link' })
  expect(readHeaders('Accept: text/csv\nno header\nX-A:')).toEqual({ Accept: 'text/csv', 'X-A': '' })
  expect(placeText('s3', { bucket: 'shop', prefix: 'in/' })).toBe('shop/in/*')
})

test('a run tells what it brought, and what it makes up for', () => {
  expect(broughtText({ uploads: [], findings: 0 })).toBe('')
  expect(broughtText({ uploads: [{ id: '1', item: 'a', state: 'COMPLETE', rows: 2, findings: 1 }], findings: 1 })).toBe('1 file, 2 rows, 1 finding')
  expect(causeText({ cause: 'schedule', missed: 2 })).toContain('in the place of 2 runs')
})
