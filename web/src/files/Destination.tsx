/** Where the rows go, and what becomes of those that are there. */
import { Autocomplete, Checkbox, MultiSelect, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '../api/client'
import type { Column } from '../api/schema'
import { useLater } from '../parts/useLater'
import classes from './fields.module.css'
import { type Options, splitList, titlesOf } from './options'

const MODES = [
  { value: 'append', label: 'Add rows' },
  { value: 'upsert', label: 'Update by key' },
  { value: 'replace', label: 'Replace all' },
]
const MEANING: Readonly<Record<string, string>> = {
  append: 'Its rows come behind those that are there.',
  upsert: 'Rows with a known key get new values, others are added.',
  replace: 'The dataset has its rows alone; the version before stays to go back to.',
}

interface Props {
  options: Options
  columns: readonly Column[]
  onChange: (options: Options) => void
}

export function Destination({ options, columns, onChange }: Props) {
  const datasets = useQuery({ queryKey: ['datasets', 'names'], queryFn: () => take(api.GET('/api/datasets', { params: { query: { limit: 1000 } } })) })
  const names = datasets.data?.datasets.map((dataset) => dataset.name) ?? []
  const [dataset, setDataset] = useLater(options.dataset ?? '', (name) => onChange({ ...options, dataset: name.trim().toLowerCase() }))
  const mode = options.mode ?? 'append'
  const titles = [...new Set(columns.map((column) => column.title || column.name))]
  const isNew = dataset !== '' && datasets.isSuccess && !names.includes(dataset)
  return (
    <div className={classes.fields}>
      <Autocomplete
        label="Dataset"
        description={isNew ? 'A new dataset.' : 'It is there: see below what differs.'}
        data={names}
        value={dataset}
        onChange={setDataset}
        className={classes.wide}
      />
      <div role="group" aria-label="What happens to the dataset" className={classes.field}>
        <span className={classes.label}>What happens</span>
        <span className={classes.description}>{MEANING[mode]}</span>
        <SegmentedControl data={MODES} value={mode} onChange={(value) => onChange({ ...options, mode: value, key: value === 'upsert' ? options.key : undefined })} aria-label="What happens" />
      </div>
      {mode === 'upsert' && (
        <MultiSelect
          label="Key"
          description="Columns whose values name a row."
          data={titles}
          value={splitList(options.key ?? '').map((title) => title.replace(/^"|"$/g, '').replaceAll('""', '"'))}
          onChange={(key) => onChange({ ...options, key: titlesOf(key) })}
          className={classes.wide}
        />
      )}
      <Checkbox
        label="Let me look before readers see it"
        description="It waits as a version that only you open, until you publish it."
        checked={options.hold === 'true'}
        onChange={(event) => onChange({ ...options, hold: event.currentTarget.checked ? 'true' : undefined })}
        className={classes.check}
      />
    </div>
  )
}
