/** Two versions side by side, whichever they are: rows that are new, changed with old and new values, gone. */
import { NativeSelect } from '@mantine/core'
import { lazy, Suspense } from 'react'
import type { Dataset } from '../api/schema'
import { useShown } from './useDataset'

const VersionChanges = lazy(() => import('./VersionChanges'))

export function CompareVersions({ dataset }: { dataset: Dataset }) {
  const [search, show] = useShown()
  const numbers = dataset.versions.map((version) => version.number).toSorted((one, other) => other - one)
  const { since, until = numbers[0] } = search
  if (numbers.length < 2) return null
  const named = (one: number) => ({ value: String(one), label: `Version ${one}` })
  const pick = (text: string) => (text === '' ? undefined : Number(text))
  const isChosen = since !== undefined && until !== undefined && since < until && numbers.includes(since)
  return (
    <section className="card stack" aria-label="Two versions compared">
      <h2>Compare two versions</h2>
      <div className="row">
        <NativeSelect
          label="From"
          data={[{ value: '', label: 'Choose…' }, ...numbers.slice(1).map(named)]}
          value={since === undefined ? '' : String(since)}
          onChange={(event) => show({ since: pick(event.currentTarget.value) })}
        />
        <NativeSelect
          label="To"
          data={numbers.filter((one) => one > (since ?? 0)).map(named)}
          value={String(until)}
          onChange={(event) => show({ until: pick(event.currentTarget.value) })}
        />
        <NativeSelect
          label="A row is the same by"
          data={[{ value: '', label: 'the key of its uploads' }, ...dataset.columns.map((column) => ({ value: column.name, label: column.title || column.name }))]}
          value={search.pair ?? ''}
          onChange={(event) => show({ pair: event.currentTarget.value || undefined })}
        />
      </div>
      {isChosen && (
        <Suspense fallback={null}>
          <VersionChanges dataset={dataset} version={until} since={since} pair={search.pair} />
        </Suspense>
      )}
    </section>
  )
}
