/** One column: what it holds, and what can be changed of it: how it is read, and how much a word found in it says. */
import { Autocomplete, Button, Checkbox, Drawer, NativeSelect } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useMay } from '../access/useMe'
import { api, take } from '../api/client'
import type { ColumnOut, Dataset, DatasetChanges } from '../api/schema'
import { useNotices } from '../shell/notices'
import { ColumnProfile, isOfOneFile } from './ColumnProfile'
import { OfOneFile } from './ColumnsTab'
import { useShown } from './useDataset'

const TOP_SHOWN = 20
const WEIGHT_MAX = 10
const TYPES = ['text', 'integer', 'decimal', 'decimal(1.234,56)', 'boolean', 'date', 'date(%d/%m/%Y)', 'timestamp']

interface Props {
  dataset: Dataset
  column: ColumnOut
}

export default function ColumnDrawer({ dataset, column }: Props) {
  const [, show] = useShown()
  const mayEnrich = useMay('manage')
  const title = column.title || column.name
  return (
    <Drawer opened onClose={() => show({ column: undefined })} title={`Column ${title}`} size="lg" overlayProps={{ backgroundOpacity: 0.15 }}>
      <div className="stack">
        <p className="soft">
          {column.type}
          {column.format && ` ${column.format}`}
          {column.name !== title && (
            <>
              , in the API as <code>{column.name}</code>
            </>
          )}
        </p>
        {isOfOneFile(dataset) && <OfOneFile dataset={dataset} />}
        <ColumnProfile dataset={dataset} column={column} shown={TOP_SHOWN} titled />
        {mayEnrich && (
          <p>
            <Link to="/enrichments" search={{ dataset: dataset.name, column: title }}>
              Enrich by a remote API…
            </Link>
          </p>
        )}
        <Type key={`${column.type} ${column.format}`} dataset={dataset} column={column} />
        {column.type === 'text' && <Weight dataset={dataset} column={column} />}
      </div>
    </Drawer>
  )
}

function useChange(dataset: Dataset, done: string) {
  const queries = useQueryClient()
  const notices = useNotices()
  return useMutation({
    mutationFn: (body: DatasetChanges) => take(api.PATCH('/api/datasets/{name}', { params: { path: { name: dataset.name } }, body })),
    onSuccess: () => notices.done(done),
    onError: (error) => notices.failed(error),
    onSettled: () => queries.invalidateQueries(),
  })
}

function Type({ dataset, column }: Props) {
  const now = column.format ? `${column.type}(${column.format})` : column.type
  const [type, setType] = useState(now)
  const [hold, setHold] = useState(false)
  const change = useChange(dataset, `${dataset.title} is read again from its files, as a version of its own.`)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate({ types: { [column.name]: type.trim() }, hold })
  }
  return (
    <form onSubmit={submit} className="stack tight" aria-label="Its type">
      <Autocomplete
        comboboxProps={{ position: 'top' }} // below stands the button that is pressed next
        label="Read it as"
        description="All files are read again from their exact text. That is a version, which can be undone."
        data={TYPES}
        value={type}
        onChange={setType}
      />
      <Checkbox label="Let me look before readers see it" checked={hold} onChange={(event) => setHold(event.currentTarget.checked)} />
      <div>
        <Button type="submit" size="xs" variant="default" disabled={type.trim() === '' || type.trim() === now} loading={change.isPending}>
          Read it so
        </Button>
      </div>
    </form>
  )
}

function Weight({ dataset, column }: Props) {
  const change = useChange(dataset, 'Searches count it so from now on.')
  const weights = Array.from({ length: WEIGHT_MAX }, (_, place) => ({ value: String(place + 1), label: String(place + 1) }))
  const set = (value: string) => change.mutate({ hold: false, weights: { [column.name]: value === '' ? null : Number(value) } })
  return (
    <NativeSelect
      label="A word found in it counts"
      description="From 1 to 10. In a search, rows come first where the word stands in a column that counts more."
      data={[...weights, { value: '', label: 'as Rowmill finds it' }]}
      value={String(column.weight)}
      disabled={change.isPending}
      onChange={(event) => set(event.currentTarget.value)}
    />
  )
}
