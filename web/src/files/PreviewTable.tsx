/** The first rows as they would be, under titles and types that can be changed. Rejects stand below. */
import { NativeSelect, TextInput } from '@mantine/core'
import type { Column, Preview } from '../api/schema'
import { counted } from '../format/numbers'
import { useLater } from '../parts/useLater'
import { type Options, readTypes, titlesOf, withType, writeTypes } from './options'
import classes from './PreviewTable.module.css'

const TYPES = ['text', 'integer', 'decimal', 'boolean', 'date', 'timestamp'] as const
const ROWS_SHOWN = 12
const COLUMNS_SHOWN = 60

interface Props {
  preview: Preview
  options: Options
  onChange: (options: Options) => void
}

export function PreviewTable({ preview, options, onChange }: Props) {
  const columns = preview.columns.slice(0, COLUMNS_SHOWN)
  const hidden = preview.columns.length - columns.length
  const rename = (place: number, title: string) => {
    const before = preview.columns[place]
    if (!before || title.trim() === '' || title === before.title) return
    const titles = preview.columns.map((column, number) => (number === place ? title.trim() : column.title || column.name))
    const declared = readTypes(options.types).map((one) => (one.column === before.title || one.column === before.name ? { ...one, column: title.trim() } : one))
    onChange({ ...options, names: titlesOf(titles), header: String(preview.dialect.header ?? true), types: writeTypes(declared) || undefined })
  }
  const retype = (column: Column, type: string) => onChange({ ...options, types: withType(options.types, column.title || column.name, type) || undefined })
  return (
    <div className="stack tight">
      <div className={classes.scroll} tabIndex={0} role="region" aria-label="First rows">
        <table className={classes.table}>
          <thead>
            <tr>
              {columns.map((column, place) => (
                <th key={place} scope="col" aria-label={column.title || column.name}>
                  <Title column={column} onRename={(title) => rename(place, title)} />
                  <TypeChoice column={column} declared={declaredOf(options, column)} onChoose={(type) => retype(column, type)} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.rows.slice(0, ROWS_SHOWN).map((row, number) => (
              <tr key={number}>
                {columns.map((column, place) => (
                  <td key={place} data-type={column.type} dir="auto">
                    {row[place] ?? <span className={classes.nothing}>nothing</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 && <p className="soft small">{counted(hidden, 'further column')} not shown here.</p>}
      <PreviewRejects preview={preview} />
    </div>
  )
}

const declaredOf = (options: Options, column: Column): string =>
  readTypes(options.types).find((one) => one.column === column.title || one.column === column.name)?.type ?? ''

function Title({ column, onRename }: { column: Column; onRename: (title: string) => void }) {
  const [title, setTitle] = useLater(column.title || column.name, onRename, 900)
  return (
    <TextInput
      variant="unstyled"
      size="sm"
      aria-label={`Title of column ${column.name}`}
      value={title}
      onChange={(event) => setTitle(event.currentTarget.value)}
      className={classes.title}
    />
  )
}

function TypeChoice({ column, declared, onChoose }: { column: Column; declared: string; onChoose: (type: string) => void }) {
  const found = column.format ? `${column.type}, ${column.format}` : column.type
  const own = declared && !TYPES.some((type) => type === declared) ? [{ value: declared, label: declared }] : []
  return (
    <NativeSelect
      size="xs"
      variant="unstyled"
      aria-label={`Type of column ${column.name}`}
      className={classes.type}
      data-said={declared !== '' || undefined}
      value={declared}
      onChange={(event) => onChoose(event.currentTarget.value)}
      data={[{ value: '', label: declared ? 'found out' : found }, ...own, ...TYPES.map((type) => ({ value: type, label: `${type}!` }))]}
    />
  )
}

function PreviewRejects({ preview }: { preview: Preview }) {
  if (preview.rejects.length === 0) return null
  return (
    <details className={classes.rejects}>
      <summary>{counted(preview.rejects.length, 'record')} here cannot be loaded; the others can</summary>
      <ul>
        {preview.rejects.slice(0, 10).map((reject) => (
          <li key={reject.record}>
            Record {reject.record}: {reject.detail}
          </li>
        ))}
      </ul>
    </details>
  )
}
