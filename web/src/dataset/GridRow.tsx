/** One row of the grid; a place whose row is still on its way is grey. */
import { memo } from 'react'
import type { ColumnOut, RowOut } from '../api/schema'
import { CellEditor, type Move } from '../editing/CellEditor'
import type { RowState } from '../editing/session'
import { count } from '../format/numbers'
import { Marked } from '../parts/Marked'
import { cellText } from '../parts/values'
import type { Cell } from './cellMoves'
import classes from './Grid.module.css'

interface Props {
  place: number
  row: RowOut | undefined
  state: RowState
  columns: readonly ColumnOut[]
  /** The column in which the cursor stands. */
  active: number | null
  /** The column that is being edited. */
  edited: number | null
  opened: boolean
  onOpen: ((row: string) => void) | null
  onPress: (cell: Cell) => void
  onClick: (cell: Cell) => void
  onEdited: (value: string | null | undefined, move: Move) => void
}

export const GridRow = memo(function GridRow({ place, row, state, columns, active, edited, opened, onOpen, onPress, onClick, onEdited }: Props) {
  const values = (row?.values ?? {}) as Record<string, unknown>
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      aria-busy={row === undefined || state === 'saving' || undefined}
      className={classes.row}
      data-opened={opened || undefined}
      data-state={state}
      onClick={() => row && onOpen?.(row.row)}
    >
      {columns.map((column, number) => {
        const marked = row?.highlight?.[column.name]?.join(' … ')
        const value = values[column.name]
        return (
          <div
            key={column.name}
            id={`cell-${place}-${number}`}
            role="gridcell"
            aria-colindex={number + 1}
            className={classes.cell}
            data-type={column.type}
            data-active={active === number || undefined}
            data-edited={edited === number || undefined}
            dir="auto"
            onMouseDown={() => onPress({ row: place, column: number })}
            onClick={() => onClick({ row: place, column: number })}
          >
            {row === undefined ? <span className={classes.coming} /> : marked ? <Marked text={marked} /> : value === null ? <span className={classes.nothing}>–</span> : cellText(value)}
            {edited === number && <CellEditor column={column} label={`${column.title || column.name} of row ${count(place + 1)}`} value={value} onEnd={onEdited} />}
          </div>
        )
      })}
    </div>
  )
}, sameRow)

/** The functions are others each time; those of the row with the cursor are taken anew. */
function sameRow(one: Props, other: Props): boolean {
  return (
    one.row === other.row &&
    one.state === other.state &&
    one.place === other.place &&
    one.columns === other.columns &&
    one.active === other.active &&
    one.edited === other.edited &&
    one.opened === other.opened &&
    (other.active === null || one.onEdited === other.onEdited) &&
    (one.onOpen === null) === (other.onOpen === null)
  )
}
