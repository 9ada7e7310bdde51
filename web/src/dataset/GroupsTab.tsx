/** The rows in groups: by a column, counted or summed up, as bars and as numbers. A click on one shows its rows. */
import { NativeSelect, Skeleton, UnstyledButton } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { datasetUrl } from '../api/addresses'
import { fetchExact } from '../api/fetchExact'
import type { Dataset, Groups } from '../api/schema'
import { asText } from '../parts/values'
import { Refused } from '../shell/Refused'
import classes from './GroupsTab.module.css'
import { groupChoices } from './groupChoices'
import { rowParameters, writeFilter } from './state'
import { useShown } from './useDataset'

const GROUPS_SHOWN = 30

export default function GroupsTab({ dataset }: { dataset: Dataset }) {
  const [search, show] = useShown()
  const choices = groupChoices(dataset)
  const by = search.by ?? choices.by[0]?.value ?? ''
  const agg = search.agg ?? 'count'
  const name = agg.replace(':', '_')
  const version = search.version ?? dataset.version
  const groups = useQuery({
    queryKey: ['groups', dataset.name, version, by, agg, search.q, search.filter],
    queryFn: ({ signal }) => {
      const asked: [string, string][] = [['by', by], ['agg', agg], ['sort', `-${name}`], ['limit', String(GROUPS_SHOWN)]]
      return fetchExact<Groups>(datasetUrl(dataset.name, 'groups', [...rowParameters({ ...search, sort: undefined, version }), ...asked]), signal)
    },
    enabled: by !== '',
    placeholderData: keepPreviousData,
  })
  const rows = (groups.data?.groups ?? []) as Record<string, unknown>[]
  const showRows = (value: unknown) => {
    const filter = writeFilter(value === null ? { column: by, op: 'exists', value: 'false' } : { column: by, op: 'eq', value: asText(value) })
    show({ tab: 'rows', filter: [...(search.filter ?? []), filter] })
  }
  const most = Math.max(...rows.map((row) => Math.abs(Number(row[name] ?? 0))), Number.MIN_VALUE)
  return (
    <section className="card stack">
      <div className="row">
        <NativeSelect label="Rows by" value={by} data={choices.by} onChange={(event) => show({ by: event.currentTarget.value })} />
        <NativeSelect label="Shown" value={agg} data={choices.agg} onChange={(event) => show({ agg: event.currentTarget.value })} />
      </div>
      {groups.isPending && <Skeleton height={240} radius="md" />}
      {groups.isError && <Refused error={groups.error} onRetry={() => void groups.refetch()} />}
      <table className={classes.chart}>
        <caption className="unseen">Groups, the largest first</caption>
        <tbody>
          {rows.map((row, number) => (
            <tr key={number}>
              <th scope="row" className="clip">
                <UnstyledButton className={classes.value} title="Show its rows" onClick={() => showRows(row[by])}>
                  <bdi className="clip">{asText(row[by]) || 'without a value'}</bdi>
                </UnstyledButton>
              </th>
              <td className={classes.bars}>
                <span className={classes.bar} style={{ width: `${(100 * Math.abs(Number(row[name] ?? 0))) / most}%` }} />
              </td>
              <td className={classes.number}>{asText(row[name])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {groups.data?.next_cursor && <p className="soft small">The first {GROUPS_SHOWN}; more stand behind them.</p>}
    </section>
  )
}
