/** The rows that the page shows: how many, and each by its place. A new version, search, filter or sort makes a new window. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useSyncExternalStore } from 'react'
import { datasetUrl } from '../api/addresses'
import { fetchExact } from '../api/fetchExact'
import type { Dataset, RowOut, Rows } from '../api/schema'
import { counted } from '../format/numbers'
import { RowWindow } from './rowWindow'
import { type DatasetSearch, rowParameters } from './state'

export interface ShownRows {
  key: string
  total: number
  totalText: string
  isCounting: boolean
  row: (place: number) => RowOut | undefined
  show: (first: number, last: number) => void
  error: Error | null
  retry: () => void
}

export function useRows(dataset: Dataset, search: DatasetSearch): ShownRows {
  const version = search.version ?? dataset.version
  const { q, filter, sort } = search
  const key = JSON.stringify([dataset.name, version, q, filter, sort])
  const rows = useMemo(() => {
    const parameters = [...rowParameters({ q, filter, sort, version }), ...(q ? [['highlight', 'true'] as const] : [])]
    return new RowWindow({ dataset: dataset.name, parameters, narrowest: dataset.columns[0]?.name ?? '', inFileOrder: !q && !sort })
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `key` says all of it
  }, [key])
  useEffect(() => () => rows.close(), [rows])
  useSyncExternalStore(rows.subscribe, rows.snapshot)
  const isWhole = !q && !filter
  const counting = useQuery({
    queryKey: ['total', dataset.name, version, q, filter],
    queryFn: ({ signal }) =>
      fetchExact<Rows>(datasetUrl(dataset.name, 'rows', [...rowParameters({ q, filter, version }), ['limit', '1'], ['total', 'exact']]), signal),
    enabled: !isWhole || dataset.rows === null,
    placeholderData: keepPreviousData,
  })
  const total = rows.end ?? (isWhole && typeof dataset.rows === 'number' ? dataset.rows : (counting.data?.total.value ?? 0))
  const error = rows.error ?? counting.error
  return {
    key,
    total,
    totalText: error ? '' : isWhole ? counted(total, 'row') : counting.isPending ? 'Searching…' : `${counted(total, 'row')} ${total === 1 ? 'matches' : 'match'}`,
    isCounting: !isWhole && counting.isPending,
    row: (place) => rows.row(place),
    show: (first, last) => rows.show(first, last),
    error,
    retry: () => {
      rows.retry()
      void counting.refetch()
    },
  }
}
