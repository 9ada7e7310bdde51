import { expect, test } from 'vitest'
import { datasetsText, deliveryText, readDatasets } from '../src/webhooks/words'

test('a delivery tells how it went', () => {
  expect(deliveryText({ state: 'DELIVERED', status: 200, attempts: 1, error: null })).toBe('answered 200 · 1 try')
  expect(deliveryText({ state: 'WAITING', status: null, attempts: 3, error: 'nobody answers' })).toBe('nobody answers · 3 tries')
  expect(deliveryText({ state: 'WAITING', status: null, attempts: 0, error: null })).toBe('not tried yet')
})

test('datasets are listed as people do', () => {
  expect(datasetsText(['*'])).toBe('all datasets')
  expect(datasetsText(['a', 'b*', 'c'])).toBe('a, b* and c')
  expect(readDatasets(' prices,orders-*\n x ')).toEqual(['prices', 'orders-*', 'x'])
})
