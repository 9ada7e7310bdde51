import { expect, test } from 'vitest'
import { firstSteps } from '../src/files/firstStepsState'

const BOOKS = { id: '1', file_name: 'books.csv', dataset: 'books', state: 'COMPLETE', rejects: 3 } as const

test('the first steps speak of what is there', () => {
  expect(firstSteps([BOOKS])).toEqual({ toMend: BOOKS, dataset: 'books', isSampleLoaded: false, isMended: false, isUndone: false })
  const mended = { ...BOOKS, id: '2', file_name: 'books.csv mended.csv', rejects: 0 }
  expect(firstSteps([mended, BOOKS])).toMatchObject({ isMended: true, toMend: BOOKS })
  expect(firstSteps([{ ...mended, state: 'UNDONE' }, BOOKS])).toMatchObject({ isUndone: true, isMended: false })
})

test('nobody who has many files, or none, is told of them', () => {
  expect(firstSteps([])).toBeNull()
  expect(firstSteps(Array.from({ length: 9 }, () => BOOKS))).toBeNull()
  expect(firstSteps([{ ...BOOKS, state: 'FAILED' }])).toBeNull()
})
