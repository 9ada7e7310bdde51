/** Which columns are shown, in which order and how wide. */
import { useMemo, useState } from 'react'
import type { ColumnOut } from '../api/schema'

const WIDTHS: Readonly<Record<ColumnOut['type'], number>> = { text: 220, integer: 140, decimal: 130, boolean: 100, date: 130, timestamp: 200 }
export const WIDTH_MIN_PX = 64
const WIDTH_MAX_PX = 1_200

export interface ColumnLayout {
  shown: readonly ColumnOut[]
  hidden: number
  /** For `grid-template-columns`. */
  template: string
  widthOf: (column: string) => number
  resize: (column: string, px: number) => void
  hide: (column: string) => void
  showAll: () => void
  move: (column: string, by: -1 | 1) => void
}

export function useColumnLayout(columns: readonly ColumnOut[]): ColumnLayout {
  const [widths, setWidths] = useState<Readonly<Record<string, number>>>({})
  const [hidden, setHidden] = useState<readonly string[]>([])
  const [order, setOrder] = useState<readonly string[]>([])
  const shown = useMemo(() => {
    const placeOf = (column: ColumnOut) => (order.includes(column.name) ? order.indexOf(column.name) : columns.indexOf(column))
    return columns.filter((column) => !hidden.includes(column.name)).toSorted((one, other) => placeOf(one) - placeOf(other))
  }, [columns, hidden, order])
  const widthOf = (name: string) => widths[name] ?? WIDTHS[columns.find((column) => column.name === name)?.type ?? 'text']
  const move = (name: string, by: -1 | 1) => {
    const names = shown.map((column) => column.name)
    const from = names.indexOf(name)
    const to = from + by
    if (to < 0 || to >= names.length) return
    names.splice(to, 0, ...names.splice(from, 1))
    setOrder(names)
  }
  return {
    shown,
    hidden: hidden.length,
    // The last one takes what is left.
    template: shown.map((column, place) => (place === shown.length - 1 ? `minmax(${widthOf(column.name)}px, 1fr)` : `${widthOf(column.name)}px`)).join(' '),
    widthOf,
    resize: (name, px) => setWidths((now) => ({ ...now, [name]: Math.round(Math.min(WIDTH_MAX_PX, Math.max(WIDTH_MIN_PX, px))) })),
    hide: (name) => setHidden((now) => (shown.length > 1 ? [...now, name] : now)),
    showAll: () => setHidden([]),
    move,
  }
}
