/** All datasets: what they are, how many rows they have, where each stands. */
import { Skeleton, TextInput } from '@mantine/core'
import { IconSearch, IconTable } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, take } from '../api/client'
import type { DatasetSummary } from '../api/schema'
import { counted } from '../format/numbers'
import { ago } from '../format/times'
import { useSeen } from '../parts/useSeen'
import { Refused } from '../shell/Refused'
import classes from './DatasetsPage.module.css'

const PAGE = 200
const AGAIN_MS = 3_000

export function DatasetsPage() {
  const [wanted, setWanted] = useState('')
  const datasets = useInfiniteQuery({
    queryKey: ['datasets'],
    queryFn: ({ pageParam }) => take(api.GET('/api/datasets', { params: { query: { limit: PAGE, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  })
  const more = useSeen(() => {
    if (datasets.hasNextPage && !datasets.isFetchingNextPage) void datasets.fetchNextPage()
  }, datasets.data?.pages.length)
  const all = datasets.data?.pages.flatMap((page) => page.datasets) ?? []
  const shown = all.filter((dataset) => isWanted(dataset, wanted))
  return (
    <div className="stack">
      <div className="row apart">
        <div>
          <h1>Datasets</h1>
          <p className="soft">Each is made of files, and every file of it is a version that one can go back to.</p>
        </div>
        <TextInput
          aria-label="Datasets whose name has these letters"
          placeholder="Filter by name"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      </div>
      {datasets.isPending && <Skeleton height={120} radius="lg" />}
      {datasets.isError && all.length === 0 && <Refused error={datasets.error} onRetry={() => void datasets.refetch()} />}
      {datasets.isSuccess && all.length === 0 && (
        <section className="card">
          <h2>No dataset yet</h2>
          <p className="soft">
            A dataset comes into being with its first file. <Link to="/">Load one</Link>.
          </p>
        </section>
      )}
      <ul className={classes.list}>
        {shown.map((dataset) => (
          <DatasetCard key={dataset.name} dataset={dataset} />
        ))}
      </ul>
      <div ref={more} />
    </div>
  )
}

function isWanted(dataset: DatasetSummary, wanted: string): boolean {
  const letters = wanted.trim().toLowerCase()
  return dataset.name.includes(letters) || dataset.title.toLowerCase().includes(letters)
}

function DatasetCard({ dataset }: { dataset: DatasetSummary }) {
  return (
    <li>
      <Link to="/datasets/$name" params={{ name: dataset.name }} className={`card ${classes.card}`}>
        <span className={classes.title}>
          <IconTable size={18} stroke={1.6} aria-hidden />
          <bdi className="clip">{dataset.title}</bdi>
        </span>
        <span className="numbers">{dataset.rows === null || dataset.rows === undefined ? 'no rows yet' : counted(dataset.rows, 'row')}</span>
        <span className="soft small">
          version {dataset.version} · since {ago(dataset.created_at)}
        </span>
      </Link>
    </li>
  )
}
