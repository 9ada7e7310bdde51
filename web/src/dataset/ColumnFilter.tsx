/** A filter for one column, with the comparisons that its type has. */
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { ColumnOut } from '../api/schema'
import { writeFilter } from './state'

export const OPERATIONS: Readonly<Record<string, string>> = {
  eq: 'is',
  ne: 'is not',
  contains: 'contains',
  prefix: 'begins with',
  lt: 'is below',
  lte: 'is at most',
  gt: 'is above',
  gte: 'is at least',
  in: 'is one of (comma between)',
  exists: 'has a value (true or false)',
}
const ORDERED = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'exists']
const BY_TYPE: Readonly<Record<ColumnOut['type'], readonly string[]>> = {
  text: ['contains', 'eq', 'ne', 'prefix', 'in', 'exists'],
  integer: ORDERED,
  decimal: ORDERED,
  date: ORDERED,
  timestamp: ORDERED,
  boolean: ['eq', 'exists'],
}

interface Props {
  column: ColumnOut
  onFilter: (filter: string) => void
  onClose: () => void
}

export function ColumnFilter({ column, onFilter, onClose }: Props) {
  const operations = BY_TYPE[column.type]
  const [op, setOp] = useState(operations[0] ?? 'eq')
  const [value, setValue] = useState(column.type === 'boolean' ? 'true' : '')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onFilter(writeFilter({ column: column.name, op, value: value.trim() }))
    onClose()
  }
  return (
    <Modal opened onClose={onClose} title={`Rows whose ${column.title || column.name}…`}>
      <form onSubmit={submit} className="stack">
        <NativeSelect
          label="Comparison"
          value={op}
          onChange={(event) => {
            setOp(event.currentTarget.value)
            if (event.currentTarget.value === 'exists') setValue('true')
          }}
          data={operations.map((one) => ({ value: one, label: OPERATIONS[one] ?? one }))}
        />
        <TextInput label="Value" value={value} onChange={(event) => setValue(event.currentTarget.value)} data-autofocus />
        <div className="row apart">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" disabled={value.trim() === ''}>
            Show these rows
          </Button>
        </div>
      </form>
    </Modal>
  )
}
