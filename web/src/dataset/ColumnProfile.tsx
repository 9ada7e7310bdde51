/** What a column holds: nothing, different values, extent, the most frequent values; a click on a value shows its rows. */
import { UnstyledButton } from '@mantine/core'
import type { ColumnOut, ColumnProfileOut, Dataset } from '../api/schema'
import { compact, count, share } from '../format/numbers'
import { asText } from '../parts/values'
import classes from './ColumnsTab.module.css'
import { writeFilter } from './state'
import { useShown } from './useDataset'

interface Props {
  dataset: Dataset
  column: ColumnOut
  /** How many of the most frequent values. */
  shown: number
  titled?: boolean
}

export function ColumnProfile({ dataset, column, shown, titled }: Props) {
  const [search, show] = useShown()
  const profile = dataset.profile.find((one) => one.name === column.name)
  if (!profile) return <p className="soft small">No profile of it: its file had no such column.</p>
  const top = (profile.top ?? []) as [unknown, number][]
  const most = Math.max(1, ...top.map(([, times]) => times))
  const title = column.title || column.name
  return (
    <>
      <dl className={classes.facts}>
        {factsOf(profile, dataset).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="clip" title={value}>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {titled && top.length > 0 && <h3>Most frequent values: a click shows their rows</h3>}
      <ul className={classes.top} aria-label={`Most frequent values of ${title}`}>
        {top.slice(0, shown).map(([value, times]) => (
          <li key={asText(value)}>
            <span className={classes.bar} style={{ width: `${(100 * times) / most}%` }} />
            <UnstyledButton
              className={classes.value}
              title="Show its rows"
              onClick={() => show({ tab: 'rows', column: undefined, filter: [...(search.filter ?? []), writeFilter({ column: column.name, op: 'eq', value: asText(value) })] })}
            >
              <bdi className="clip grow">{asText(value) || 'empty'}</bdi>
              <span className="soft numbers">{compact(times)}</span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </>
  )
}

/** Where the dataset is made of several files, its profile is of one of them. */
export const isOfOneFile = (dataset: Dataset): boolean => dataset.versions.length > 1 || dataset.version > 1

function factsOf(profile: ColumnProfileOut, dataset: Dataset): [string, string][] {
  const rows = isOfOneFile(dataset) ? 0 : (dataset.rows ?? 0)
  const facts: [string, string][] = [['without a value', profile.nulls === 0 ? 'none' : `${count(profile.nulls)}${rows > 0 ? ` (${share(profile.nulls / rows)})` : ''}`]]
  if (profile.distinct !== null && profile.distinct !== undefined) facts.push(['different values', count(profile.distinct)])
  if (profile.min !== null && profile.min !== undefined) facts.push(['lowest', profile.min])
  if (profile.max !== null && profile.max !== undefined) facts.push(['highest', profile.max])
  if (profile.mean !== null && profile.mean !== undefined) facts.push(['mean', compact(profile.mean)])
  if (profile.longest) facts.push(['longest', `${count(profile.longest)} characters`])
  return facts
}
