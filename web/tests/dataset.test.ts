import { expect, test } from 'vitest'
import { heightPx, ROW_PX, scrollTo, stretchAt } from '../src/dataset/scrolling'
import { nextSort, readDatasetSearch, readFilter, toggled } from '../src/dataset/state'
import { markedParts } from '../src/parts/markedParts'

test.each([0, 1, 20, 500_000, 5_000_000])('of %i rows the first and the last can be scrolled to', (rows) => {
  expect(stretchAt(rows, 0, 600).first).toBe(0)
  const end = stretchAt(rows, heightPx(rows) - 600, 600)
  expect(end.end).toBe(rows)
})

test('a row that is scrolled to is visible', () => {
  for (const row of [0, 17, 399_999, 4_999_999]) {
    const scrollPx = scrollTo(5_000_000, row, 3_000_000, 600)
    const { first, topPx } = stretchAt(5_000_000, scrollPx, 600)
    const seenAt = topPx + (row - first) * ROW_PX - scrollPx
    expect(seenAt).toBeGreaterThan(-ROW_PX)
    expect(seenAt).toBeLessThan(600)
  }
})

test('an address written by hand is read as far as it can be understood', () => {
  expect(readDatasetSearch({ tab: 'nowhere', q: 7, filter: 'a:eq:b:c', version: 'x', sort: '-a' })).toEqual({ q: '7', filter: ['a:eq:b:c'], sort: '-a' })
  expect(readFilter('a:eq:b:c')).toEqual({ column: 'a', op: 'eq', value: 'b:c' })
})

test('a header sorts up, down, and not at all', () => {
  expect([undefined, 'a', '-a'].map((sort) => nextSort(sort, 'a'))).toEqual(['a', '-a', undefined])
  expect(toggled(['a:eq:1'], 'a:eq:1')).toBeUndefined()
})

test('highlights are text: what looks like HTML stays what it is', () => {
  expect(markedParts('&lt;img onerror=x&gt; <mark>bees</mark> &amp;amp;')).toEqual([
    { text: '<img onerror=x> ', marked: false },
    { text: 'bees', marked: true },
    { text: ' &amp;', marked: false },
  ])
})
