/** Rows that are edited in place. A change gives a row another number, and with it another place in the file order; on the page it stays where
 * it was, so what is shown are the rows of the version at which the editing began, and over them what was made of them since. Pure. */
import type { ChangeOut, RowOut } from '../api/schema'

/** So many edits can be taken back, one behind the other. */
export const UNDO_MAX = 50

type Values = Readonly<Record<string, unknown>>

interface EditedRow {
  /** Its number in the newest version. */
  row: string
  values: Values
  /** What is on its way. */
  saving: Values
  isGone: boolean
}

interface Edit {
  upload: string
  text: string
  former: Pick<Session, 'rows' | 'added'>
}

export interface Session {
  /** The newest that is known: an edit is made to it or to none. */
  version: number
  /** By the number that a row had when the editing began; of an added row by its first. */
  rows: ReadonlyMap<string, EditedRow>
  added: readonly string[]
  edits: readonly Edit[]
}

/** What the server has made of an edit. */
export interface Made {
  upload: string
  version: number
  changes: readonly ChangeOut[]
}

export type RowState = 'saving' | 'gone' | undefined

export const begin = (version: number): Session => ({ version, rows: new Map(), added: [], edits: [] })

const valuesOf = (row: Pick<RowOut, 'values'>): Values => row.values as Values

function edited(session: Session, row: RowOut): EditedRow {
  return session.rows.get(row.row) ?? { row: row.row, values: valuesOf(row), saving: {}, isGone: false }
}

function withRow(session: Session, key: string, row: EditedRow): Session {
  return { ...session, rows: new Map(session.rows).set(key, row) }
}

export const numberOf = (session: Session, row: RowOut): string => edited(session, row).row

export function stateOf(session: Session, row: RowOut): RowState {
  const now = session.rows.get(row.row)
  if (now?.isGone) return 'gone'
  return now && Object.keys(now.saving).length > 0 ? 'saving' : undefined
}

/** The row as it is now, under the number that it had. */
export function shownRow(session: Session, row: RowOut): RowOut {
  const now = session.rows.get(row.row)
  return now ? { ...row, values: { ...now.values, ...now.saving }, highlight: null } : row
}

export function addedRow(session: Session, place: number): RowOut | undefined {
  const key = session.added[place]
  const row = key === undefined ? undefined : session.rows.get(key)
  return key !== undefined && row ? { row: key, values: { ...row.values, ...row.saving } } : undefined
}

export function sending(session: Session, row: RowOut, part: Values): Session {
  const now = edited(session, row)
  return withRow(session, row.row, { ...now, saving: { ...now.saving, ...part } })
}

/** It was saved or refused: it is on its way no more. */
export function settled(session: Session, row: RowOut, part: Values): Session {
  const now = edited(session, row)
  const saving = Object.entries(now.saving).filter(([name, value]) => part[name] !== value)
  return withRow(session, row.row, { ...now, saving: Object.fromEntries(saving) })
}

function made(session: Session, { upload, version }: Made, text: string): Session {
  const former = { rows: session.rows, added: session.added }
  return { ...session, version, edits: [...session.edits, { upload, text, former }].slice(-UNDO_MAX) }
}

export function changed(session: Session, row: RowOut, answer: Made, text: string): Session {
  const now = edited(session, row)
  const change = answer.changes.find((one) => one.before?.row === now.row)
  if (!change) return { ...session, version: answer.version } // another text for the same value
  return withRow(made(session, answer, text), row.row, { ...now, row: change.row, values: valuesOf(change) })
}

export function removed(session: Session, row: RowOut, answer: Made, text: string): Session {
  return withRow(made(session, answer, text), row.row, { ...edited(session, row), isGone: true })
}

export function added(session: Session, answer: Made, text: string): Session {
  const news = answer.changes.filter((one) => one.change === 'inserted')
  const rows = new Map(session.rows)
  for (const one of news) rows.set(one.row, { row: one.row, values: valuesOf(one), saving: {}, isGone: false })
  return { ...made(session, answer, text), rows, added: [...session.added, ...news.map((one) => one.row)] }
}

/** The last edit was taken back, and readers see `version` again. What is on its way by now stays so. */
export function undone(session: Session, version: number): Session {
  const former = session.edits.at(-1)?.former
  if (!former) return { ...session, version }
  const rows = [...former.rows].map(([key, row]): [string, EditedRow] => [key, { ...row, saving: session.rows.get(key)?.saving ?? {} }])
  return { ...session, rows: new Map(rows), added: former.added, version, edits: session.edits.slice(0, -1) }
}
