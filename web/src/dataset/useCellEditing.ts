/** Which cell of the grid is being edited, and the ways in and out of it. */
import { type KeyboardEvent, useRef, useState } from 'react'
import type { ColumnOut, RowOut } from '../api/schema'
import type { Move } from '../editing/CellEditor'
import type { EditedRows } from '../editing/editedRows'
import { type Cell, cellAfter, type Extent } from './cellMoves'

export interface GridEditing {
  /** Whether cells are edited now; if not, F2 begins it. */
  isOn: boolean
  begin: () => void
  change: (row: RowOut, column: ColumnOut, value: string | null) => void
}

interface Options {
  rows: EditedRows
  columns: readonly ColumnOut[]
  cell: Cell
  extent: Extent
  editing: GridEditing | null
  go: (cell: Cell) => void
  /** Gives the keys back to the grid. */
  focus: () => void
}

const KEYS = { down: 'ArrowDown', right: 'ArrowRight' } as const

export function useCellEditing({ rows, columns, cell, extent, editing, go, focus }: Options) {
  const [edited, setEdited] = useState<Cell | null>(null)
  const second = useRef(false) // the cell that is clicked had the cursor before
  const begin = (one: Cell) => {
    if (rows.row(one.row) && rows.state(one.row) !== 'gone') setEdited(one)
  }
  /** Whether the key was one of these. */
  const press = (event: KeyboardEvent): boolean => {
    if (!editing || !(event.key === 'F2' || (event.key === 'Enter' && editing.isOn))) return false
    event.preventDefault()
    if (!editing.isOn) editing.begin()
    begin(cell)
    return true
  }
  const end = (value: string | null | undefined, move: Move) => {
    const row = edited && rows.row(edited.row)
    const column = edited && columns[edited.column]
    setEdited(null)
    if (value !== undefined && row && column) editing?.change(row, column, value)
    if (move === null) return
    focus()
    const next = edited && move !== 'stay' && cellAfter({ key: KEYS[move], ctrlKey: false, metaKey: false }, edited, extent)
    if (next) go(next)
  }
  return {
    edited: editing?.isOn ? edited : null,
    press,
    pressed: (one: Cell) => {
      second.current = one.row === cell.row && one.column === cell.column
    },
    clicked: (one: Cell) => {
      if (editing?.isOn && second.current) begin(one)
    },
    end,
  }
}
