import { expect, it } from 'vitest'
import { footOf } from '../src/search/choices'

it('tells that there are datasets which the answer does not cover', () => {
  expect(footOf({ searched: 12, next_cursor: null }, 3)).toBe('12 datasets searched.')
  expect(footOf({ searched: 12, next_cursor: 'x' }, 3)).toContain('further ones')
  expect(footOf({ searched: 12, next_cursor: null }, 0)).toContain('Nothing in 12 datasets')
  expect(footOf({ searched: 12, next_cursor: 'x' }, 0)).toContain('further ones')
})
