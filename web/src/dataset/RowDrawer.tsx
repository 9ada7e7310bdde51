/** One row with all of its values, where it comes from, and what it was before. */
import { Drawer, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { datasetUrl } from '../api/addresses'
import { fetchExact } from '../api/fetchExact'
import type { ColumnOut, Dataset, FormerRow, OneRow } from '../api/schema'
import { count } from '../format/numbers'
import { asText } from '../parts/values'
import { Refused } from '../shell/Refused'
import classes from './RowDrawer.module.css'

interface Props {
  dataset: Dataset
  row: string
  version: number | undefined
  onClose: () => void
}

export function RowDrawer({ dataset, row, version, onClose }: Props) {
  const found = useQuery({
    queryKey: ['row', dataset.name, row, version],
    queryFn: ({ signal }) => fetchExact<OneRow>(datasetUrl(dataset.name, `rows/${encodeURIComponent(row)}`, version ? [['version', String(version)]] : []), signal),
  })
  return (
    <Drawer opened onClose={onClose} title="Row" size="lg" overlayProps={{ backgroundOpacity: 0.15 }}>
      {found.isPending && <Skeleton height={300} radius="md" />}
      {found.isError && <Refused error={found.error} onRetry={() => void found.refetch()} />}
      {found.data && (
        <div className="stack">
          <Values columns={dataset.columns} values={found.data.values as Record<string, unknown>} />
          <Origin row={found.data} />
          <History columns={dataset.columns} row={found.data} />
        </div>
      )}
    </Drawer>
  )
}

function Values({ columns, values }: { columns: readonly ColumnOut[]; values: Record<string, unknown> }) {
  return (
    <dl className={classes.values}>
      {columns.map((column) => (
        <div key={column.name}>
          <dt>
            <bdi>{column.title || column.name}</bdi>
          </dt>
          <dd dir="auto">{values[column.name] === null ? <span className="soft">–</span> : asText(values[column.name])}</dd>
        </div>
      ))}
    </dl>
  )
}

function Origin({ row }: { row: OneRow }) {
  const { origin } = row
  if (!origin) return null
  return (
    <section className="stack tight">
      <h3>Where it comes from</h3>
      <p>
        <Link to="/uploads/$id" params={{ id: origin.upload }}>
          <bdi>{origin.file_name}</bdi>
        </Link>
        , record {count(origin.record)}
        {origin.line !== null && `, line ${count(origin.line)}`}, version {origin.version}
      </p>
    </section>
  )
}

function History({ columns, row }: { columns: readonly ColumnOut[]; row: OneRow }) {
  const former = (row.history ?? []).filter((one) => one.row !== row.row)
  if (former.length === 0) return null
  return (
    <section className="stack tight">
      <h3>Its history</h3>
      <ol className={classes.history}>
        {former.map((one) => (
          <Former key={one.row} columns={columns} former={one} now={row.values as Record<string, unknown>} />
        ))}
      </ol>
    </section>
  )
}

function Former({ columns, former, now }: { columns: readonly ColumnOut[]; former: FormerRow; now: Record<string, unknown> }) {
  const values = former.values as Record<string, unknown>
  const changed = columns.filter((column) => asText(values[column.name]) !== asText(now[column.name]))
  return (
    <li>
      <p className="soft small">
        Version {former.from}
        {former.until !== null && ` until ${former.until}`}
      </p>
      {changed.length === 0 ? (
        <p>The same values.</p>
      ) : (
        <dl className={classes.changes}>
          {changed.map((column) => (
            <div key={column.name}>
              <dt>
                <bdi>{column.title || column.name}</bdi>
              </dt>
              <dd>
                <del dir="auto">{asText(values[column.name]) || '–'}</del> <ins dir="auto">{asText(now[column.name]) || '–'}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  )
}
