import { expect, it } from 'vitest'
import { isTelling } from '../src/dataset/facetsFor'

it('shows a facet only where it tells more than the rows do', () => {
  const once = { count: 1 }
  expect(isTelling([])).toBe(false)
  expect(isTelling([once, once, once, once])).toBe(false)
  expect(isTelling([once, once])).toBe(true)
  expect(isTelling([once, once, once, { count: 2 }])).toBe(true)
})
