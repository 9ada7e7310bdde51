import { expect, test } from 'vitest'
import { datasetFor, readTypes, splitList, titlesOf, withRemedy, withType } from '../src/files/options'

test.each([
  ['Price List 2026.csv.gz', 'price-list-2026'],
  ['C:\\data\\Übersicht.tsv', 'übersicht'],
  ['.csv', 'csv'],
  ['a_b.txt', 'a_b'],
])('%s goes to %s', (file, dataset) => expect(datasetFor(file)).toBe(dataset))

test('lists are cut at commas outside of quotes and brackets', () => {
  expect(splitList('price:decimal(1.234,56),"a,b":text')).toEqual(['price:decimal(1.234,56)', '"a,b":text'])
})

test('a type declared anew replaces its own declaration alone', () => {
  const types = withType(withType('zip:text', 'a,b', 'date(%d/%m/%Y)'), 'zip', 'integer')
  expect(readTypes(types)).toEqual([
    { column: 'a,b', type: 'date(%d/%m/%Y)' },
    { column: 'zip', type: 'integer' },
  ])
  expect(withType('zip:text', 'zip', '')).toBe('')
})

test('a remedy keeps what was said of other columns', () => {
  expect(withRemedy({ types: 'zip:text', skip: '2' }, 'types', 'price:decimal(1.234,56)')).toEqual({ types: 'zip:text,price:decimal(1.234,56)', skip: '2' })
  expect(withRemedy({ null: 'a:-' }, 'null', 'b:n/a')).toEqual({ null: 'a:-;b:n/a' })
})

test('titles that could be misread are quoted', () => expect(titlesOf(['a', 'b,c', 'say "x"'])).toBe('a,"b,c","say ""x"""'))
