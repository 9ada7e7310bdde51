/** The rows of a view with what an editing has made of them. Pure. */
import type { ShownRows } from '../dataset/useRows'
import { addedRow, type RowState, type Session, shownRow, stateOf } from './session'

export interface EditedRows extends ShownRows {
  state: (place: number) => RowState
}

/** `isWhole`: nothing narrows or orders the rows, so that added ones stand at their end. */
export function withEdits(rows: ShownRows, session: Session | null, isWhole: boolean): EditedRows {
  if (!session) return { ...rows, state: () => undefined }
  const addedRows = isWhole ? session.added.length : 0
  const row = (place: number) => {
    if (place >= rows.total) return addedRow(session, place - rows.total)
    const base = rows.row(place)
    return base && shownRow(session, base)
  }
  return {
    ...rows,
    total: rows.total + addedRows,
    row,
    show: (first, last) => {
      if (first < rows.total) rows.show(first, Math.min(last, rows.total - 1))
    },
    state: (place) => {
      const one = row(place)
      return one && stateOf(session, one)
    },
  }
}
