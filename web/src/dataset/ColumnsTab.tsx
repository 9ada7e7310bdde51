/** The columns, each with what it holds. */
import { Button } from '@mantine/core'
import type { ColumnOut, Dataset } from '../api/schema'
import { ColumnProfile, isOfOneFile } from './ColumnProfile'
import classes from './ColumnsTab.module.css'
import { useShown } from './useDataset'

const TOP_SHOWN = 5

export default function ColumnsTab({ dataset }: { dataset: Dataset }) {
  return (
    <div className="stack">
      {isOfOneFile(dataset) && <OfOneFile dataset={dataset} />}
      <ul className={classes.columns}>
        {dataset.columns.map((column) => (
          <ColumnCard key={column.name} dataset={dataset} column={column} />
        ))}
      </ul>
    </div>
  )
}

export function OfOneFile({ dataset }: { dataset: Dataset }) {
  return <p className="soft small">Counted in the file of version {dataset.profile_version ?? dataset.version} alone, not in all rows. Groups count all of them.</p>
}

function ColumnCard({ dataset, column }: { dataset: Dataset; column: ColumnOut }) {
  const [, show] = useShown()
  const title = column.title || column.name
  return (
    <li className={`card ${classes.card}`}>
      <div className="row apart">
        <h2 className="clip grow">
          <bdi>{title}</bdi>
        </h2>
        <span className={classes.type}>{column.format ? `${column.type} ${column.format}` : column.type}</span>
        <Button variant="default" size="compact-xs" aria-label={`Open column ${title}`} onClick={() => show({ column: column.name })}>
          Open
        </Button>
      </div>
      <ColumnProfile dataset={dataset} column={column} shown={TOP_SHOWN} />
    </li>
  )
}
