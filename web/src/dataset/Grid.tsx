/** The rows as a grid of any length: only what is visible is there, the rest is brought as one scrolls. By keyboard: arrows, Page, Home and
 * End move through the cells; Enter opens the row, or changes the cell while rows are edited. */
import { useElementSize, useMergedRef } from '@mantine/hooks'
import { type CSSProperties, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { ColumnOut } from '../api/schema'
import type { EditedRows } from '../editing/editedRows'
import { count } from '../format/numbers'
import { Refused } from '../shell/Refused'
import { type Cell, cellAfter } from './cellMoves'
import classes from './Grid.module.css'
import { GridHead } from './GridHead'
import { GridRow } from './GridRow'
import { heightPx, ROW_PX, scrollTo, stretchAt } from './scrolling'
import { type GridEditing, useCellEditing } from './useCellEditing'
import { useColumnLayout } from './useColumnLayout'

interface Props {
  columns: readonly ColumnOut[]
  rows: EditedRows
  sort: string | undefined
  opened: string | undefined
  /** Null: nothing can be edited here. */
  editing: GridEditing | null
  /** Where the cursor is to go; another object each time. */
  jump: Cell | null
  onSort: (sort: string | undefined) => void
  onFilter: (filter: string) => void
  onOpen: (row: string) => void
  onColumn: (column: string) => void
  onPlace: (place: number) => void
}

const HEAD_PX = 37

export function Grid({ columns, rows, sort, opened, editing, jump, onSort, onFilter, onOpen, onColumn, onPlace }: Props) {
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
  const activate = (next: Cell) => {
    setCell(next)
    onPlace(next.row)
  }
  const go = (next: Cell) => {
    activate(next)
    const element = scroller.current
    if (element) element.scrollTop = scrollTo(rows.total, next.row, element.scrollTop, viewPx)
    document.getElementById(`head-${next.column}`)?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }
  useEffect(() => {
    if (jump) go(jump)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once for each jump
  }, [jump])
  const extent = { rows: rows.total, columns: layout.shown.length, page: Math.max(1, Math.floor(viewPx / ROW_PX) - 1) }
  const cells = useCellEditing({ rows, columns: layout.shown, cell, extent, editing, go, focus: () => scroller.current?.focus() })
  if (rows.error) return <Refused error={rows.error} onRetry={rows.retry} />
  const press = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return // a button of the head, or a menu
    const next = cellAfter(event, cell, extent)
    const row = rows.row(cell.row)
    if (cells.press(event)) return
    if (event.key === 'Enter' && row) onOpen(row.row)
    if (!next) return
    event.preventDefault()
    go(next)
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
        aria-readonly={!editing?.isOn}
        aria-activedescendant={cell.row >= first && cell.row < end ? `cell-${cell.row}-${cell.column}` : undefined}
        tabIndex={0}
        className={classes.grid}
        style={style}
        onScroll={(event) => setScrollPx(event.currentTarget.scrollTop)}
        onKeyDown={press}
      >
        <GridHead layout={layout} sort={sort} onSort={onSort} onFilter={onFilter} onColumn={onColumn} />
        <div className={classes.body} role="rowgroup" style={{ height: heightPx(rows.total) }}>
          <div className={classes.stretch} role="presentation" style={{ transform: `translateY(${topPx}px)` }}>
            {places.map((place) => (
              <GridRow
                key={place}
                place={place}
                row={rows.row(place)}
                state={rows.state(place)}
                columns={layout.shown}
                active={cell.row === place ? cell.column : null}
                edited={cells.edited?.row === place ? cells.edited.column : null}
                opened={opened !== undefined && rows.row(place)?.row === opened}
                onOpen={editing?.isOn ? null : onOpen}
                onPress={(one) => {
                  cells.pressed(one)
                  activate(one)
                }}
                onClick={cells.clicked}
                onEdited={cells.end}
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
