/** The rows that the page shows, and their editing: while it goes on they are those of the version at which it began. */
import { useEffect } from 'react'
import type { Dataset } from '../api/schema'
import type { DatasetSearch } from '../dataset/state'
import { useRows } from '../dataset/useRows'
import { type EditedRows, withEdits } from './editedRows'
import { type Editing, useEditing } from './useEditing'

interface Shown {
  editing: Editing
  /** As it was when the editing began. */
  base: Dataset
  rows: EditedRows
  /** Nothing narrows or orders the rows: added ones stand at their end. */
  isWhole: boolean
}

export function useEditedRows(dataset: Dataset, search: DatasetSearch): Shown {
  const editing = useEditing(dataset)
  const base = editing.base ?? dataset
  const shown = useRows(base, search)
  const isWhole = !search.q && !search.filter && !search.sort
  const isLost = base.version !== dataset.version && shown.error !== null
  useEffect(() => {
    if (isLost) editing.begin() // the version at which the editing began is kept no more
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `begin` is another function each time, and the same
  }, [isLost])
  return { editing, base, rows: withEdits(shown, editing.session, isWhole), isWhole }
}
