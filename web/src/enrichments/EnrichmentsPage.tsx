/** Enrichments: columns that come from a remote API. Each with its last run; its history and its preview in the address. */
import { Button, Skeleton } from '@mantine/core'
import { IconPlus, IconWorldSearch } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useMay } from '../access/useMe'
import type { Enrichment } from '../api/schema'
import { useSeen } from '../parts/useSeen'
import { Refused } from '../shell/Refused'
import cards from '../parts/cards.module.css'
import { EnrichmentCard } from './EnrichmentCard'
import { useEnrichments } from './useEnrichments'

const EnrichmentForm = lazy(() => import('./EnrichmentForm'))
const EnrichmentRuns = lazy(() => import('./EnrichmentRuns'))
const PreviewDialog = lazy(() => import('./PreviewDialog'))

export function EnrichmentsPage() {
  const shown = useSearch({ from: '/enrichments' })
  const navigate = useNavigate({ from: '/enrichments' })
  const mayManage = useMay('manage')
  const enrichments = useEnrichments()
  const [form, setForm] = useState<{ enrichment: Enrichment | null } | null>(null)
  const more = useSeen(() => {
    if (enrichments.hasNextPage && !enrichments.isFetchingNextPage) void enrichments.fetchNextPage()
  }, enrichments.data?.pages.length)
  const all = enrichments.data?.pages.flatMap((page) => page.enrichments) ?? []
  const close = () => {
    setForm(null)
    void navigate({ search: {} })
  }
  const add = mayManage && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setForm({ enrichment: null })}>
      Add an enrichment
    </Button>
  )
  return (
    <div className="stack">
      <div className="row apart">
        <div className="grow">
          <h1>Enrichments</h1>
          <p className="soft">A column is looked up in a remote API, and fields of the answers become columns. Each run is an upload like any other: it can be looked at, held or undone.</p>
        </div>
        {all.length > 0 && add}
      </div>
      {enrichments.isPending && <Skeleton height={160} radius="lg" />}
      {enrichments.isError && all.length === 0 && <Refused error={enrichments.error} onRetry={() => void enrichments.refetch()} />}
      {enrichments.isSuccess && all.length === 0 && (
        <section className={`card ${cards.empty}`}>
          <IconWorldSearch size={36} stroke={1.4} aria-hidden />
          <h2>No enrichment yet</h2>
          <p className="soft">Names for country codes, addresses for tax numbers, today’s prices for articles: say once where they can be asked for, and Rowmill fills the columns.</p>
          {add}
        </section>
      )}
      <ul className={cards.list}>
        {all.map((enrichment) => (
          <EnrichmentCard
            key={enrichment.name}
            enrichment={enrichment}
            mayManage={mayManage}
            onEdit={() => setForm({ enrichment })}
            onPreview={() => void navigate({ search: { preview: enrichment.name } })}
            onHistory={() => void navigate({ search: { runs: enrichment.name } })}
          />
        ))}
      </ul>
      <div ref={more} />
      <Suspense>
        {form && <EnrichmentForm enrichment={form.enrichment} onClose={close} />}
        {!form && mayManage && shown.dataset && <EnrichmentForm enrichment={null} dataset={shown.dataset} column={shown.column} onClose={close} />}
        {shown.runs && <EnrichmentRuns enrichment={shown.runs} onClose={close} />}
        {shown.preview && <PreviewDialog enrichment={shown.preview} column={all.find((one) => one.name === shown.preview)?.column ?? 'Value'} onClose={close} />}
      </Suspense>
    </div>
  )
}
