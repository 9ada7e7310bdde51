/** Sources: places from which files come by themselves. Each with its schedule and its last run; its history in the address. */
import { Button, Skeleton } from '@mantine/core'
import { IconCloudDown, IconPlus } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useMay } from '../access/useMe'
import type { Source } from '../api/schema'
import { useSeen } from '../parts/useSeen'
import { Refused } from '../shell/Refused'
import { SourceCard } from './SourceCard'
import cards from '../parts/cards.module.css'
import { useSources } from './useSources'

const SourceForm = lazy(() => import('./SourceForm'))
const RunHistory = lazy(() => import('./RunHistory'))

export function SourcesPage() {
  const { source: opened } = useSearch({ from: '/sources' })
  const navigate = useNavigate({ from: '/sources' })
  const mayManage = useMay('manage')
  const sources = useSources()
  const [form, setForm] = useState<{ source: Source | null } | null>(null)
  const more = useSeen(() => {
    if (sources.hasNextPage && !sources.isFetchingNextPage) void sources.fetchNextPage()
  }, sources.data?.pages.length)
  const all = sources.data?.pages.flatMap((page) => page.sources) ?? []
  const add = mayManage && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setForm({ source: null })}>
      Add a source
    </Button>
  )
  return (
    <div className="stack">
      <div className="row apart">
        <div className="grow">
          <h1>Sources</h1>
          <p className="soft">Files that come by themselves, by a schedule or when told to. Each is an upload like any other, and nothing is fetched twice that has not changed.</p>
        </div>
        {all.length > 0 && add}
      </div>
      {sources.isPending && <Skeleton height={160} radius="lg" />}
      {sources.isError && all.length === 0 && <Refused error={sources.error} onRetry={() => void sources.refetch()} />}
      {sources.isSuccess && all.length === 0 && (
        <section className={`card ${cards.empty}`}>
          <IconCloudDown size={36} stroke={1.4} aria-hidden />
          <h2>No source yet</h2>
          <p className="soft">
            A price list behind a URL each night, new objects in S3, a query on a database, the records of an API: say once where they are, and Rowmill fetches them.
          </p>
          {add}
        </section>
      )}
      <ul className={cards.list}>
        {all.map((source) => (
          <SourceCard key={source.name} source={source} mayManage={mayManage} onEdit={() => setForm({ source })} onHistory={() => void navigate({ search: { source: source.name } })} />
        ))}
      </ul>
      <div ref={more} />
      <Suspense>
        {form && <SourceForm source={form.source} onClose={() => setForm(null)} />}
        {opened && <RunHistory source={opened} onClose={() => void navigate({ search: {} })} />}
      </Suspense>
    </div>
  )
}
