import { expect, test, vi } from 'vitest'
import type { Rows } from '../src/api/schema'
import { PAGE_ROWS, RowWindow } from '../src/dataset/rowWindow'

vi.mock('../src/api/client', () => ({ API: 'http://server' }))

const ROWS = 5_300

/** A server with so many rows, each numbered; `asked` is what it was asked for. */
function server() {
  const asked: URLSearchParams[] = []
  const fetchRows = async (url: string): Promise<Rows> => {
    const query = new URL(url).searchParams
    asked.push(query)
    const first = Number(query.get('cursor') ?? query.get('offset') ?? 0)
    const rows = Array.from({ length: Math.max(0, Math.min(PAGE_ROWS, ROWS - first)) }, (_, place) => ({ row: String(first + place), values: {} }))
    const next = first + rows.length
    return { rows, next_cursor: next < ROWS ? String(next) : null } as unknown as Rows
  }
  return { asked, fetchRows }
}

async function brought(inFileOrder: boolean, place: number) {
  const { asked, fetchRows } = server()
  const window = new RowWindow({ dataset: 'd', parameters: [], narrowest: 'a', inFileOrder, fetchRows })
  await new Promise<void>((resolve) => {
    window.subscribe(() => window.row(place) && resolve())
    window.show(place, place)
  })
  return { asked, window }
}

test('in file order a place far ahead is one request away', async () => {
  const { asked, window } = await brought(true, 4_321)
  expect(window.row(4_321)?.row).toBe('4321')
  expect(asked).toHaveLength(1)
})

test('in another order the way is walked, by pages of one column', async () => {
  const { asked, window } = await brought(false, 2_321)
  expect(window.row(2_321)?.row).toBe('2321')
  expect(asked.map((query) => query.get('fields'))).toEqual(['a', 'a', 'a', 'a', null])
  expect(asked.every((query) => !query.has('offset'))).toBe(true)
})

test('the end is known once it was seen', async () => {
  const { window } = await brought(true, ROWS - 1)
  expect(window.end).toBe(ROWS)
})
