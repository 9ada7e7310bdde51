import { expect, test, vi } from 'vitest'
import { mendedOptions, readCsv, readRejects, writeCsv } from '../src/upload/mending'

vi.mock('../src/api/client', () => ({ API: 'http://server' }))

test('what is written is read back', () => {
  const records = [['a', 'b,c', 'say "x"', '', 'two\nlines'], ['', '', '', '', '']]
  expect(readCsv(writeCsv(records))).toEqual(records)
  expect(readCsv('a,b\n1,\n')).toEqual([['a', 'b'], ['1', '']])
  expect(readCsv('')).toEqual([])
})

test('rejects have their own columns, their place, and what was too much', () => {
  const { titles, rejects } = readRejects('sku,price,_record,_line,_reason\n2,cheap,2,3,bad-value\n3,"1,5",3,4,too-many-fields,more\n')
  expect(titles).toEqual(['sku', 'price'])
  expect(rejects).toEqual([
    { record: '2', line: '3', fields: ['2', 'cheap'], extra: [] },
    { record: '3', line: '4', fields: ['3', '1,5'], extra: ['more'] },
  ])
})

test('mended rows of a replacement are added, those of an upsert go by its key', () => {
  const upload = { dataset: 'd', key: ['a,b'], hold: false, dialect: null }
  expect(mendedOptions({ ...upload, mode: 'replace' }).mode).toBe('append')
  expect(mendedOptions({ ...upload, mode: 'upsert' })).toMatchObject({ mode: 'upsert', key: '"a,b"' })
})
