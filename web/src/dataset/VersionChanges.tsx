/** What a version changed, or what differs between two: rows that came, rows that were replaced with old and new side by side, rows that went. */
import { Button, Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { datasetUrl } from '../api/addresses'
import { fetchExact } from '../api/fetchExact'
import type { ChangeOut, Changes, ColumnOut, Dataset } from '../api/schema'
import { cellText } from '../parts/values'
import { Refused } from '../shell/Refused'
import { differing } from './differing'
import classes from './VersionsTab.module.css'

const PAGE = 50
const WORDS = { inserted: 'new', updated: 'changed', removed: 'gone' } as const

interface Props {
  dataset: Dataset
  version: number
  /** An older version: all that differs from it. */
  since?: number
  /** The column by which a row is the same one in both. */
  pair?: string
}

export default function VersionChanges({ dataset, version, since, pair }: Props) {
  const asked = [...(since ? [['since', String(since)] as const] : []), ...(since && pair ? [['key', pair] as const] : [])]
  const changes = useInfiniteQuery({
    queryKey: ['changes', dataset.name, version, since, pair],
    queryFn: ({ pageParam, signal }) => fetchExact<Changes>(datasetUrl(dataset.name, `versions/${version}/changes`, [...page(pageParam), ...asked]), signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (changes.isPending) return <Skeleton height={80} radius="md" />
  if (!changes.data) return <Refused error={changes.error} onRetry={() => void changes.refetch()} />
  const all = changes.data.pages.flatMap((one) => one.changes)
  if (all.length === 0) return <p className="soft">{since ? 'Both have the same rows.' : 'It changed no row.'}</p>
  const isUnpaired = since !== undefined && changes.data.pages[0]?.key?.length === 0
  return (
    <div className="stack tight">
      {isUnpaired && <p className="soft small">No upload of this dataset had a key: a row that was changed is shown as one that is gone and one that is new. Choose a column by which rows are the same.</p>}
      <div className={classes.changes} role="region" aria-label={since ? `What differs between versions ${since} and ${version}` : `What version ${version} changed`} tabIndex={0}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Change</th>
              {dataset.columns.map((column) => (
                <th key={column.name} scope="col">
                  <bdi>{column.title || column.name}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {all.map((change) => (
              <Change key={`${change.change} ${change.row}`} change={change} columns={dataset.columns} />
            ))}
          </tbody>
        </table>
      </div>
      {changes.hasNextPage && (
        <div>
          <Button variant="default" size="xs" loading={changes.isFetchingNextPage} onClick={() => void changes.fetchNextPage()}>
            More of them
          </Button>
        </div>
      )}
    </div>
  )
}

function page(cursor: string): readonly (readonly [string, string])[] {
  return [['limit', String(PAGE)], ...(cursor ? [['cursor', cursor] as const] : [])]
}

function Change({ change, columns }: { change: ChangeOut; columns: readonly ColumnOut[] }) {
  const values = change.values as Record<string, unknown>
  const before = change.before?.values as Record<string, unknown> | undefined
  const changed = differing(before, values)
  return (
    <tr data-change={change.change}>
      <th scope="row">{WORDS[change.change]}</th>
      {columns.map(({ name }) => (
        <td key={name} dir="auto">
          {before && changed.has(name) ? (
            <>
              <del>{cellText(before[name]) || '–'}</del> <ins>{cellText(values[name]) || '–'}</ins>
            </>
          ) : (
            cellText(values[name])
          )}
        </td>
      ))}
    </tr>
  )
}
