/** The editor of one cell. Enter saves and goes on below, Tab to the right, Escape leaves the cell as it was; Shift+Enter begins a line. A cell
 * that was emptied has no value; of a text a button, or Ctrl+Enter, makes the empty text instead, and of the empty text no value. */
import { type ChangeEvent, type KeyboardEvent, useRef, useState } from 'react'
import type { ColumnOut } from '../api/schema'
import { asText } from '../parts/values'
import classes from './CellEditor.module.css'

export type Move = 'down' | 'right' | 'stay' | null
const LINES_MAX = 8

interface Props {
  column: ColumnOut
  label: string
  value: unknown
  /** `undefined`: as it was. `move` is null where the cell was left for something else on the page. */
  onEnd: (value: string | null | undefined, move: Move) => void
}

export function CellEditor({ column, label, value, onEnd }: Props) {
  const before = asText(value)
  const [text, setText] = useState(before)
  const ended = useRef(false)
  const end = (saved: string | null | undefined, move: Move) => {
    if (ended.current) return // the focus that goes with the editor
    ended.current = true
    onEnd(saved, move)
  }
  const typed = () => (text === before ? undefined : text || null)
  const isChoice = column.type === 'text' && text === ''
  const other = value === '' ? null : ''
  const press = (event: KeyboardEvent) => {
    event.stopPropagation() // the grid's keys move from cell to cell
    if (event.nativeEvent.isComposing) return
    const isLine = event.key === 'Enter' && (event.shiftKey || event.altKey)
    if (isLine || !['Enter', 'Tab', 'Escape'].includes(event.key)) return
    event.preventDefault()
    const isOther = isChoice && event.key === 'Enter' && (event.ctrlKey || event.metaKey)
    end(isOther ? other : event.key === 'Escape' ? undefined : typed(), event.key === 'Enter' ? 'down' : event.key === 'Tab' ? 'right' : 'stay')
  }
  const props = {
    'aria-label': label,
    className: classes.editor,
    'data-type': column.type,
    value: text,
    autoFocus: true,
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) => setText(event.currentTarget.value),
    onKeyDown: press,
    onBlur: () => end(typed(), null),
    onClick: (event: React.MouseEvent) => event.stopPropagation(),
    onMouseDown: (event: React.MouseEvent) => event.stopPropagation(),
  }
  if (column.type === 'boolean') {
    return (
      <select {...props}>
        <option value="">–</option>
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    )
  }
  if (column.type !== 'text') return <input {...props} autoComplete="off" spellCheck={false} onFocus={(event) => event.currentTarget.select()} />
  return (
    <>
      <textarea {...props} dir="auto" rows={Math.min(LINES_MAX, text.split('\n').length)} onFocus={(event) => event.currentTarget.select()} />
      {isChoice && (
        <button
          type="button"
          className={classes.other}
          onMouseDown={(event) => event.preventDefault() /* the editor keeps the focus */}
          onClick={(event) => {
            event.stopPropagation()
            end(other, 'stay')
          }}
        >
          {other === null ? 'Make it no value' : 'Make it an empty text'} <kbd>Ctrl+Enter</kbd>
        </button>
      )}
    </>
  )
}
