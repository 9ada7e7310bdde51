/** The titles: a click sorts, the menu filters, moves and hides, the edge is dragged (or moved by arrow keys) for the width. */
import { ActionIcon, Menu } from '@mantine/core'
import { IconArrowDown, IconArrowLeft, IconArrowRight, IconArrowUp, IconChartBar, IconChevronDown, IconEyeOff, IconFilter } from '@tabler/icons-react'
import { type PointerEvent, useState } from 'react'
import type { ColumnOut } from '../api/schema'
import { ColumnFilter } from './ColumnFilter'
import classes from './Grid.module.css'
import { nextSort } from './state'
import type { ColumnLayout } from './useColumnLayout'

interface Props {
  layout: ColumnLayout
  sort: string | undefined
  onSort: (sort: string | undefined) => void
  onFilter: (filter: string) => void
  onColumn: (column: string) => void
}

export function GridHead({ layout, sort, onSort, onFilter, onColumn }: Props) {
  const [filtering, setFiltering] = useState<ColumnOut | null>(null)
  return (
    <div className={classes.head} role="rowgroup">
      <div role="row" aria-rowindex={1} className={classes.titles}>
        {layout.shown.map((column, number) => (
          <Title key={column.name} column={column} number={number} layout={layout} sort={sort} onSort={onSort} onColumn={onColumn} onFilter={() => setFiltering(column)} />
        ))}
      </div>
      {filtering && <ColumnFilter column={filtering} onClose={() => setFiltering(null)} onFilter={onFilter} />}
    </div>
  )
}

interface TitleProps extends Omit<Props, 'onFilter'> {
  column: ColumnOut
  number: number
  onFilter: () => void
}

function Title({ column, number, layout, sort, onSort, onFilter, onColumn }: TitleProps) {
  const direction = sort === column.name ? 'ascending' : sort === `-${column.name}` ? 'descending' : undefined
  return (
    <div role="columnheader" id={`head-${number}`} aria-colindex={number + 1} aria-sort={direction} className={classes.title} data-type={column.type}>
      <button type="button" className={classes.sort} title={`${column.title} (${column.type})`} onClick={() => onSort(nextSort(sort, column.name))}>
        <bdi className="clip">{column.title || column.name}</bdi>
        {direction === 'ascending' && <IconArrowUp size={13} aria-hidden />}
        {direction === 'descending' && <IconArrowDown size={13} aria-hidden />}
      </button>
      <Menu position="bottom-start">
        <Menu.Target>
          <ActionIcon size="xs" aria-label={`Column ${column.title || column.name}`}>
            <IconChevronDown size={13} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconArrowUp size={15} aria-hidden />} onClick={() => onSort(column.name)}>
            Sort upwards
          </Menu.Item>
          <Menu.Item leftSection={<IconArrowDown size={15} aria-hidden />} onClick={() => onSort(`-${column.name}`)}>
            Sort downwards
          </Menu.Item>
          <Menu.Item leftSection={<IconFilter size={15} aria-hidden />} onClick={onFilter}>
            Filter…
          </Menu.Item>
          <Menu.Item leftSection={<IconChartBar size={15} aria-hidden />} onClick={() => onColumn(column.name)}>
            What it holds…
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconArrowLeft size={15} aria-hidden />} onClick={() => layout.move(column.name, -1)}>
            Move left
          </Menu.Item>
          <Menu.Item leftSection={<IconArrowRight size={15} aria-hidden />} onClick={() => layout.move(column.name, 1)}>
            Move right
          </Menu.Item>
          <Menu.Item leftSection={<IconEyeOff size={15} aria-hidden />} onClick={() => layout.hide(column.name)}>
            Hide
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <span className={classes.edge} aria-hidden onPointerDown={(event) => drag(event, layout, column.name)} />
    </div>
  )
}

function drag(event: PointerEvent<HTMLSpanElement>, layout: ColumnLayout, column: string) {
  event.preventDefault()
  const edge = event.currentTarget
  const from = event.clientX
  const width = layout.widthOf(column)
  edge.setPointerCapture(event.pointerId)
  const follow = (moved: globalThis.PointerEvent) => layout.resize(column, width + moved.clientX - from)
  edge.addEventListener('pointermove', follow)
  edge.addEventListener('pointerup', () => edge.removeEventListener('pointermove', follow), { once: true })
}
