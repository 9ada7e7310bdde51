import { expect, test } from 'vitest'
import { bordersOf, chartsFor, endsOf, groupOf, lineOf, textOf } from '../src/groups/group'
import { movedPin, type Pin } from '../src/groups/pinList'

const COLUMNS = [
  { name: 'day', title: 'Day', type: 'date' as const, format: null, weight: 1 },
  { name: 'kind', title: 'Kind', type: 'text' as const, format: null, weight: 1 },
  { name: 'price', title: '', type: 'decimal' as const, format: null, weight: 1 },
]
const DATASET = { columns: COLUMNS, profile: [{ name: 'kind', type: 'text' as const, nulls: 0, longest: 5, distinct: 3 }] }

test('the address says what is grouped, and a picture that the column cannot have is none', () => {
  expect(groupOf(DATASET, {})).toEqual({ by: 'kind', agg: 'count', chart: 'bars', q: '', filter: [] })
  expect(groupOf(DATASET, { by: 'kind', chart: 'histogram', agg: 'sum:price' })).toMatchObject({ chart: 'bars', agg: 'sum:price' })
  expect(groupOf(DATASET, { by: 'price', chart: 'histogram', agg: 'sum:price' })).toMatchObject({ chart: 'histogram', agg: 'count' })
  expect(chartsFor(COLUMNS[1])).toEqual(['bars', 'line'])
  expect(textOf({ by: 'kind', agg: 'sum:price' }, DATASET)).toBe('Sum of price by Kind')
})

test('days stand as far apart as they are, and rows without one are left out', () => {
  const { points, low, high } = lineOf([{ by: '2026-01-01', value: 4 }, { by: '2026-01-02', value: '8.0' }, { by: '2026-01-05', value: 2 }, { by: null, value: 9 }], 'date')
  expect([low, high]).toEqual([0, 8])
  expect(points.map(({ x, y }) => [x, y])).toEqual([[0, 0.5], [0.25, 1], [1, 0.25]])
})

test('texts stand evenly, losses below zero, and one point alone in the middle', () => {
  expect(lineOf([{ by: '10', value: -1 }, { by: 'b', value: 3 }], 'text').points.map(({ x, y }) => [x, y])).toEqual([[0, 0], [1, 1]])
  expect(lineOf([{ by: 7, value: 0 }], 'integer').points).toEqual([{ x: 0.5, y: 0, label: '7', value: '0' }])
  expect(lineOf([], 'text').points).toEqual([])
})

test('an axis has its beginning, its middle and its end', () => {
  expect(endsOf(['a', 'b', 'c', 'd', 'e'])).toEqual(['a', 'c', 'e'])
  expect(endsOf(['a', 'b'])).toEqual(['a', 'b'])
  expect(endsOf([])).toEqual([])
})

test('pins are moved within their row', () => {
  const pins = ['a', 'b', 'c'].map((title): Pin => ({ title, by: 'kind', agg: 'count', chart: 'bars', q: '', filter: [] }))
  const titles = (moved: Pin[]) => moved.map((pin) => pin.title).join('')
  expect(titles(movedPin(pins, 2, -1))).toBe('acb')
  expect(titles(movedPin(pins, 0, -1))).toBe('abc')
  expect(titles(movedPin(pins, 2, 1))).toBe('abc')
})

test('of many borders between ranges some are told, of long ones fewer', () => {
  const ranges = (borders: string[]) => [{ to: borders[0], count: 1 }, ...borders.map((from) => ({ from, count: 1 }))]
  expect(bordersOf(ranges(['20', '40', '60']))).toEqual(['20', '40', '60'])
  expect(bordersOf(ranges(['1', '2', '3', '4', '5', '6']))).toEqual(['', '2', '', '4', '', '6'])
  expect(bordersOf(ranges(['2026-01-01', '2026-02-01', '2026-03-01T00:00:00Z', '2026-04-01']))).toEqual(['', '2026-02-01', '', '2026-04-01'])
})
