/** Where the cursor of a grid goes by a key. Pure. */

export interface Cell {
  row: number
  column: number
}

export interface Extent {
  rows: number
  columns: number
  /** Rows that are visible at once. */
  page: number
}

interface Press {
  key: string
  ctrlKey: boolean
  metaKey: boolean
}

/** Null: the key moves nothing. */
export function cellAfter({ key, ctrlKey, metaKey }: Press, cell: Cell, { rows, columns, page }: Extent): Cell | null {
  const lastRow = Math.max(0, rows - 1)
  const lastColumn = Math.max(0, columns - 1)
  const to = (row: number, column: number): Cell => ({ row: Math.max(0, Math.min(lastRow, row)), column: Math.max(0, Math.min(lastColumn, column)) })
  const far = ctrlKey || metaKey
  switch (key) {
    case 'ArrowDown':
      return to(cell.row + 1, cell.column)
    case 'ArrowUp':
      return to(cell.row - 1, cell.column)
    case 'ArrowRight':
      return to(cell.row, cell.column + 1)
    case 'ArrowLeft':
      return to(cell.row, cell.column - 1)
    case 'PageDown':
      return to(cell.row + page, cell.column)
    case 'PageUp':
      return to(cell.row - page, cell.column)
    case 'Home':
      return to(far ? 0 : cell.row, 0)
    case 'End':
      return to(far ? lastRow : cell.row, lastColumn)
    default:
      return null
  }
}
