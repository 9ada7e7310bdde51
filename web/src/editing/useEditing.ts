/** Editing of a dataset's rows: begun and ended, one edit behind the other, the last to take back. */
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { ColumnOut, Dataset, RowOut } from '../api/schema'
import { addRow, changeRow, deleteRow, type Place, type Texts, undoUpload } from './requests'
import { added, begin, changed, type Made, numberOf, removed, sending, type Session, settled, shownRow, undone } from './session'
import { addedText, changedText, refusedText, removedText } from './told'

export interface Editing {
  session: Session | null
  /** The dataset as it was when the editing began. */
  base: Dataset | null
  isSaving: boolean
  /** Why the last edit came to nothing. */
  refused: string | null
  begin: () => void
  end: () => void
  change: (row: RowOut, column: ColumnOut, value: string | null) => void
  remove: (row: RowOut) => void
  /** Throws `Refusal`. */
  add: (values: Texts) => Promise<void>
  undo: () => void
}

export function useEditing(dataset: Dataset): Editing {
  const queries = useQueryClient()
  const [session, setSession] = useState<Session | null>(null)
  const [base, setBase] = useState<Dataset | null>(null)
  const now = useRef<Session | null>(null) // what an edit that had to wait is made to
  const [refused, setRefused] = useState<string | null>(null)
  const [waiting, setWaiting] = useState(0)
  const last = useRef<Promise<unknown>>(Promise.resolve())

  const set = (next: Session | null) => {
    now.current = next
    setSession(next)
  }
  const update = (step: (session: Session) => Session) => now.current && set(step(now.current))
  const start = () => {
    setRefused(null)
    setBase(dataset)
    set(begin(dataset.version))
  }
  const end = () => {
    setBase(null)
    set(null)
  }
  const place = (): Place => ({ dataset: dataset.name, version: now.current?.version ?? dataset.version })

  /** Behind those that are under way. */
  const inTurn = async (work: () => Promise<void>): Promise<void> => {
    setWaiting((many) => many + 1)
    const turn = last.current.then(work)
    last.current = turn.catch(() => undefined)
    setRefused(null)
    try {
      await turn
    } finally {
      await queries.invalidateQueries({ queryKey: ['dataset', dataset.name] }) // so that the page knows of no older version than the session
      setWaiting((many) => many - 1)
    }
  }
  const tell = (error: unknown) => setRefused(refusedText(error))

  const change = (row: RowOut, column: ColumnOut, value: string | null) => {
    const part = { [column.name]: value }
    const before = (row.values as Record<string, unknown>)[column.name]
    update((one) => sending(one, row, part))
    const work = async () => {
      try {
        const answer = await changeRow(place(), now.current ? numberOf(now.current, row) : row.row, part)
        const saved = answer.changes[0]?.values as Record<string, unknown> | undefined
        const text = changedText(answer.version, column.title || column.name, before, saved?.[column.name])
        update((one) => settled(changed(one, row, answer, text), row, part))
      } catch (error) {
        update((one) => settled(one, row, part))
        throw error
      }
    }
    inTurn(work).catch(tell)
  }
  const remove = (row: RowOut) => {
    const work = async () => {
      const answer: Made = await deleteRow(place(), now.current ? numberOf(now.current, row) : row.row)
      update((one) => removed(one, row, answer, removedText(answer.version, shownRow(one, row).values as Record<string, unknown>)))
    }
    inTurn(work).catch(tell)
  }
  const add = (values: Texts) =>
    inTurn(async () => {
      const answer = await addRow(place(), values)
      update((one) => added(one, answer, addedText(answer.version)))
    })
  const undo = () => {
    const work = async () => {
      const edit = now.current?.edits.at(-1)
      if (!edit) return
      const version = await undoUpload(dataset.name, edit.upload)
      update((one) => undone(one, version))
    }
    inTurn(work).catch(tell)
  }
  return { session, base, isSaving: waiting > 0, refused, begin: start, end, change, remove, add, undo }
}
