/** One row of the grid; a place whose row is still on its way is grey. */
import { memo } from 'react'
import type { ColumnOut, RowOut } from '../api/schema'
import { Marked } from '../parts/Marked'
import { cellText } from '../parts/values'
import classes from './Grid.module.css'

interface Props {
  place: number
  row: RowOut | undefined
  columns: readonly ColumnOut[]
  active: number | null
  opened: boolean
  onOpen: (row: string) => void
  onActivate: (cell: { row: number; column: number }) => void
}

export const GridRow = memo(function GridRow({ place, row, columns, active, opened, onOpen, onActivate }: Props) {
  const values = (row?.values ?? {}) as Record<string, unknown>
  return (
    <div role="row" aria-rowindex={place + 2} aria-busy={row === undefined || undefined} className={classes.row} data-opened={opened || undefined} onClick={() => row && onOpen(row.row)}>
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
            dir="auto"
            onMouseDown={() => onActivate({ row: place, column: number })}
          >
            {row === undefined ? <span className={classes.coming} /> : marked ? <Marked text={marked} /> : value === null ? <span className={classes.nothing}>–</span> : cellText(value)}
          </div>
        )
      })}
    </div>
  )
}, sameRow)

function sameRow(one: Props, other: Props): boolean {
  return one.row === other.row && one.place === other.place && one.columns === other.columns && one.active === other.active && one.opened === other.opened
}
