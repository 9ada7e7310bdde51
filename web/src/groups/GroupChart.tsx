/** A group as a picture: bars, a line, a histogram; and as numbers. A click on a bar shows its rows. */
import { Skeleton } from '@mantine/core'
import type { Dataset } from '../api/schema'
import { filtersOf, labelOf } from '../dataset/ranges'
import { writeFilter } from '../dataset/state'
import { count } from '../format/numbers'
import { asText } from '../parts/values'
import { Refused } from '../shell/Refused'
import { Bars } from './Bars'
import type { Group } from './group'
import classes from './Groups.module.css'
import { Histogram } from './Histogram'
import { LineChart } from './LineChart'
import { type Found, useGroups } from './useGroups'

interface Props {
  dataset: Dataset
  group: Group
  version: number
  barsShown: number
  /** With the numbers below the picture. */
  isWhole?: boolean
  onRows: (filters: readonly string[]) => void
}

export function GroupChart({ dataset, group, version, barsShown, isWhole = false, onRows }: Props) {
  const found = useGroups(dataset.name, version, group, barsShown)
  if (found.isPending) return <Skeleton height={isWhole ? 240 : 160} radius="md" />
  if (!found.data) return <Refused error={found.error} onRetry={() => void found.refetch()} />
  const { groups, ranges, hasMore } = found.data
  const type = dataset.columns.find((column) => column.name === group.by)?.type ?? 'text'
  const pick = (value: unknown) => onRows([writeFilter(value === null ? { column: group.by, op: 'exists', value: 'false' } : { column: group.by, op: 'eq', value: asText(value) })])
  if (groups.length + ranges.length === 0) return <p className="soft">No row is so.</p>
  return (
    <>
      {group.chart === 'bars' && <Bars groups={groups} onPick={pick} />}
      {group.chart === 'line' && <LineChart groups={groups} type={type} />}
      {group.chart === 'histogram' && <Histogram ranges={ranges} onPick={(range) => onRows(filtersOf(group.by, range))} />}
      {isWhole && hasMore && <p className="soft small">The first {count(groups.length)}; more stand behind them.</p>}
      {isWhole && group.chart !== 'bars' && <Numbers found={found.data} />}
    </>
  )
}

function Numbers({ found }: { found: Found }) {
  const rows = found.ranges.length > 0 ? found.ranges.map((one) => [labelOf(one), count(one.count)]) : found.groups.map((one) => [asText(one.by) || 'without a value', asText(one.value)])
  return (
    <details>
      <summary className="small">As numbers</summary>
      <table className={classes.numbers}>
        <tbody>
          {rows.map(([label, value], number) => (
            <tr key={number}>
              <th scope="row">
                <bdi>{label}</bdi>
              </th>
              <td className={classes.number}>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
