import { expect, test } from 'vitest'
import { changesText } from '../src/dataset/heldText'

const NONE = { rows: 4, rejects: 0, inserted: null, updated: null, unchanged: null, removed: null }

test('what a held version changes is told by its mode', () => {
  expect(changesText({ ...NONE, mode: 'append' })).toBe('4 rows more')
  expect(changesText({ ...NONE, mode: 'replace', rows: 1 })).toBe('1 row in the place of all')
  expect(changesText({ ...NONE, mode: 'replace', inserted: 0, removed: 3, unchanged: 1 })).toBe('3 gone, 1 as before')
  expect(changesText({ ...NONE, mode: 'upsert', inserted: 1, updated: 2, unchanged: 0 })).toBe('1 row new, 2 changed')
})

test('rejects are told of, and that nothing changes', () => {
  expect(changesText({ ...NONE, mode: 'upsert', inserted: 0, rejects: 2 })).toBe('nothing changes, 2 records could not be loaded')
})
