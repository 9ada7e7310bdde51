/** The filters that hold now, each to be taken away. */
import { IconX } from '@tabler/icons-react'
import type { ColumnOut } from '../api/schema'
import { OPERATIONS } from './ColumnFilter'
import classes from './FilterChips.module.css'
import { readFilter, toggled } from './state'

interface Props {
  filters: readonly string[]
  columns: readonly ColumnOut[]
  onChange: (filters: string[] | undefined) => void
}

export function FilterChips({ filters, columns, onChange }: Props) {
  if (filters.length === 0) return null
  return (
    <ul className={classes.chips} aria-label="Filters">
      {filters.map((filter) => {
        const words = inWords(filter, columns)
        return (
          <li key={filter}>
            <button type="button" className={classes.chip} aria-label={`Take away: ${words}`} onClick={() => onChange(toggled(filters, filter))}>
              <bdi className="clip">{words}</bdi>
              <IconX size={13} aria-hidden />
            </button>
          </li>
        )
      })}
    </ul>
  )
}

function inWords(filter: string, columns: readonly ColumnOut[]): string {
  const { column, op, value } = readFilter(filter)
  const title = columns.find((one) => one.name === column)?.title ?? column
  if (op === 'exists') return `${title} ${value === 'false' ? 'has no value' : 'has a value'}`
  return `${title} ${(OPERATIONS[op] ?? op).replace(/ \(.*/, '')} ${value}`
}
