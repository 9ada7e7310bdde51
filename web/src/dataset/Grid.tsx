/** The rows as a grid of any length: only what is visible is there, the rest is brought as one scrolls. By keyboard: arrows, Page, Home and
 * End move through the cells, Enter opens the row. */
import { useElementSize, useMergedRef } from '@mantine/hooks'
import { type CSSProperties, useEffect, useRef, useState } from 'react'
import type { ColumnOut } from '../api/schema'
import { count } from '../format/numbers'
import { Refused } from '../shell/Refused'
import classes from './Grid.module.css'
import { GridHead } from './GridHead'
import { GridRow } from './GridRow'
import { heightPx, ROW_PX, scrollTo, stretchAt } from './scrolling'
import { useColumnLayout } from './useColumnLayout'
import type { ShownRows } from './useRows'

interface Props {
  columns: readonly ColumnOut[]
  rows: ShownRows
  sort: string | undefined
  opened: string | undefined
  onSort: (sort: string | undefined) => void
  onFilter: (filter: string) => void
  onOpen: (row: string) => void
  onColumn: (column: string) => void
}

const HEAD_PX = 37

interface Cell {
  row: number
  column: number
}

export function Grid({ columns, rows, sort, opened, onSort, onFilter, onOpen, onColumn }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const { ref: sized, height } = useElementSize<HTMLDivElement>()
  const viewPx = Math.max(0, height - HEAD_PX)
  const ref = useMergedRef(scroller, sized)
  const [scrollPx, setScrollPx] = useState(0)
  const [cell, setCell] = useState<Cell>({ row: 0, column: 0 })
  const layout = useColumnLayout(columns)
  const { first, end, topPx } = stretchAt(rows.total, scrollPx, viewPx)
  const { show } = rows
  useEffect(() => {
    if (end > first) show(first, end - 1)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `show` is another function each time, and the same
  }, [first, end])
  if (rows.error) return <Refused error={rows.error} onRetry={rows.retry} />
  const move = (event: React.KeyboardEvent) => {
    const next = cellAfter(event, cell, rows.total, layout.shown.length, Math.max(1, Math.floor(viewPx / ROW_PX) - 1))
    const row = rows.row(cell.row)
    if (event.key === 'Enter' && row) onOpen(row.row)
    if (!next) return
    event.preventDefault()
    setCell(next)
    const element = scroller.current
    if (element) element.scrollTop = scrollTo(rows.total, next.row, element.scrollTop, viewPx)
    document.getElementById(`head-${next.column}`)?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }
  const places = Array.from({ length: end - first }, (_, number) => first + number)
  const style = { '--columns': layout.template, '--row': `${ROW_PX}px` } as CSSProperties
  return (
    <div className={classes.frame}>
      <div
        ref={ref}
        role="grid"
        aria-label="Rows"
        aria-rowcount={rows.total + 1}
        aria-colcount={layout.shown.length}
        aria-activedescendant={cell.row >= first && cell.row < end ? `cell-${cell.row}-${cell.column}` : undefined}
        tabIndex={0}
        className={classes.grid}
        style={style}
        onScroll={(event) => setScrollPx(event.currentTarget.scrollTop)}
        onKeyDown={move}
      >
        <GridHead layout={layout} sort={sort} onSort={onSort} onFilter={onFilter} onColumn={onColumn} />
        <div className={classes.body} role="rowgroup" style={{ height: heightPx(rows.total) }}>
          <div className={classes.stretch} role="presentation" style={{ transform: `translateY(${topPx}px)` }}>
            {places.map((place) => (
              <GridRow
                key={place}
                place={place}
                row={rows.row(place)}
                columns={layout.shown}
                active={cell.row === place ? cell.column : null}
                opened={opened !== undefined && rows.row(place)?.row === opened}
                onOpen={onOpen}
                onActivate={setCell}
              />
            ))}
          </div>
        </div>
        {rows.total === 0 && !rows.isCounting && <p className={classes.none}>No row is so. Take a filter away, or search for fewer words.</p>}
      </div>
      <p className={`${classes.foot} soft small numbers`}>
        {rows.total > 0 && `Rows ${count(visibleFirst(scrollPx, viewPx, rows.total))} to ${count(visibleEnd(scrollPx, viewPx, rows.total))} of ${count(rows.total)}`}
        {layout.hidden > 0 && (
          <button type="button" className={classes.plain} onClick={layout.showAll}>
            {layout.hidden} hidden columns: show them
          </button>
        )}
      </p>
    </div>
  )
}

const visibleFirst = (scrollPx: number, viewPx: number, total: number): number => {
  const { first, topPx } = stretchAt(total, scrollPx, viewPx)
  return Math.min(total, first + Math.max(0, Math.round((scrollPx - topPx) / ROW_PX)) + 1)
}
const visibleEnd = (scrollPx: number, viewPx: number, total: number): number => Math.min(total, visibleFirst(scrollPx, viewPx, total) + Math.max(0, Math.floor(viewPx / ROW_PX) - 1))

function cellAfter(event: React.KeyboardEvent, cell: Cell, rows: number, columns: number, page: number): Cell | null {
  const lastRow = Math.max(0, rows - 1)
  const lastColumn = Math.max(0, columns - 1)
  const to = (row: number, column: number): Cell => ({ row: Math.max(0, Math.min(lastRow, row)), column: Math.max(0, Math.min(lastColumn, column)) })
  const far = event.ctrlKey || event.metaKey
  switch (event.key) {
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
