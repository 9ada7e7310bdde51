import { expect, test } from 'vitest'
import { cellAfter } from '../src/dataset/cellMoves'
import { withEdits } from '../src/editing/editedRows'
import { added, begin, changed, numberOf, removed, sending, settled, shownRow, stateOf, undone } from '../src/editing/session'
import { changedText, refusedText, removedText } from '../src/editing/told'
import { Refusal } from '../src/api/refusal'
import type { ShownRows } from '../src/dataset/useRows'

const LAMP = { row: '1', values: { sku: 'L1', price: '9.90' } }
const DEAR = { row: '9', values: { sku: 'L1', price: '12.50' } }
const CHANGED = { upload: 'u1', version: 2, changes: [{ change: 'updated' as const, ...DEAR, before: LAMP }] }

test('a cell is shown as it was typed while it is saved, and as the server has it then', () => {
  const sent = sending(begin(1), LAMP, { price: '12.5' })
  expect(stateOf(sent, LAMP)).toBe('saving')
  expect(shownRow(sent, LAMP).values).toEqual({ sku: 'L1', price: '12.5' })
  const saved = settled(changed(sent, LAMP, CHANGED, 'dearer'), LAMP, { price: '12.5' })
  expect(stateOf(saved, LAMP)).toBeUndefined()
  expect(shownRow(saved, LAMP)).toMatchObject({ row: '1', values: DEAR.values })
  expect([numberOf(saved, LAMP), saved.version]).toEqual(['9', 2])
})

test('a refused cell is as it was, and one that was typed meanwhile stays on its way', () => {
  const both = sending(sending(begin(1), LAMP, { price: 'cheap' }), LAMP, { sku: 'L2' })
  const refused = settled(both, LAMP, { price: 'cheap' })
  expect(shownRow(refused, LAMP).values).toEqual({ sku: 'L2', price: '9.90' })
  expect(stateOf(refused, LAMP)).toBe('saving')
  const again = sending(both, LAMP, { price: '8' }) // typed over while the first was on its way
  expect(shownRow(settled(again, LAMP, { price: 'cheap' }), LAMP).values).toEqual({ sku: 'L2', price: '8' })
})

test('edits are taken back one by one, the last first', () => {
  const one = settled(changed(sending(begin(1), LAMP, { price: '12.5' }), LAMP, CHANGED, 'dearer'), LAMP, { price: '12.5' })
  const two = removed(one, LAMP, { upload: 'u2', version: 3, changes: [] }, 'gone')
  expect(stateOf(two, LAMP)).toBe('gone')
  const back = undone(two, 2)
  expect([stateOf(back, LAMP), numberOf(back, LAMP), back.version]).toEqual([undefined, '9', 2])
  expect(shownRow(undone(back, 1), LAMP).values).toEqual(LAMP.values)
  expect([stateOf(undone(back, 1), LAMP), numberOf(undone(back, 1), LAMP)]).toEqual([undefined, '1'])
})

test('another text for the same value is no change', () => {
  const same = changed(begin(1), LAMP, { upload: 'u1', version: 2, changes: [] }, 'nothing')
  expect([same.edits.length, same.version]).toEqual([0, 2])
})

test('added rows stand at the end, where nothing narrows the rows', () => {
  const asked: number[][] = []
  const rows = { total: 1, row: (place: number) => (place === 0 ? LAMP : undefined), show: (first: number, last: number) => asked.push([first, last]) } as unknown as ShownRows
  const session = added(begin(1), { upload: 'u', version: 2, changes: [{ change: 'inserted', ...DEAR }] }, 'new')
  const shown = withEdits(rows, session, true)
  expect([shown.total, shown.row(1)?.row, shown.row(2)]).toEqual([2, '9', undefined])
  expect(withEdits(rows, session, false).total).toBe(1)
  shown.show(0, 1)
  shown.show(1, 1)
  expect(asked).toEqual([[0, 0]])
})

test('what was done and what was not is told in sentences', () => {
  expect(changedText(5, 'Price', '80.00', null)).toBe('Version 5: Price is nothing now, and was “80.00”.')
  expect(removedText(6, { sku: 2, name: null, price: '80.00' })).toBe('Version 6: the row “2, 80.00” is gone.')
  expect(refusedText(new Refusal("Row 1, column price: 'x' is no decimal. Nothing was changed.", 400, 'type-mismatch'))).toBe("Column price: 'x' is no decimal. Nothing was changed.")
  expect(refusedText(new Refusal('…', 412, 'version-moved'))).toContain('somebody else')
})

test('the cursor stays within the grid', () => {
  const extent = { rows: 10, columns: 3, page: 4 }
  const press = (key: string, ctrlKey = false) => cellAfter({ key, ctrlKey, metaKey: false }, { row: 8, column: 1 }, extent)
  expect(press('PageDown')).toEqual({ row: 9, column: 1 })
  expect(press('End')).toEqual({ row: 8, column: 2 })
  expect(press('Home', true)).toEqual({ row: 0, column: 0 })
  expect(press('Enter')).toBeNull()
})
