/** Webhooks: URLs and mail boxes that are told what becomes of uploads. Each with its log in the address. */
import { Button, Skeleton } from '@mantine/core'
import { IconPlus, IconWebhook } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import type { WebhookOut } from '../api/schema'
import { Refused } from '../shell/Refused'
import { useWebhooks } from './useWebhooks'
import { WebhookCard } from './WebhookCard'
import cards from '../parts/cards.module.css'

const WebhookForm = lazy(() => import('./WebhookForm'))
const DeliveryLog = lazy(() => import('./DeliveryLog'))

export function WebhooksPage() {
  const { webhook: opened } = useSearch({ from: '/webhooks' })
  const navigate = useNavigate({ from: '/webhooks' })
  const webhooks = useWebhooks()
  const [form, setForm] = useState<{ webhook: WebhookOut | null } | null>(null)
  const all = webhooks.data?.webhooks ?? []
  const shown = all.find((webhook) => webhook.id === opened)
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setForm({ webhook: null })}>
      Add a webhook
    </Button>
  )
  return (
    <div className="stack">
      <div className="row apart">
        <div className="grow">
          <h1>Webhooks</h1>
          <p className="soft">Programs and people that are told what becomes of uploads: signed, again until they have taken it, with a log.</p>
        </div>
        {all.length > 0 && add}
      </div>
      {webhooks.isPending && <Skeleton height={160} radius="lg" />}
      {webhooks.isError && all.length === 0 && <Refused error={webhooks.error} onRetry={() => void webhooks.refetch()} />}
      {webhooks.isSuccess && all.length === 0 && (
        <section className={`card ${cards.empty}`}>
          <IconWebhook size={36} stroke={1.4} aria-hidden />
          <h2>Nobody is told yet</h2>
          <p className="soft">Give the URL of a program of yours, and it gets a POST with the upload as soon as one is complete, waits for somebody, or has failed. A mailto: address gets a letter.</p>
          {add}
        </section>
      )}
      <ul className={cards.list}>
        {all.map((webhook) => (
          <WebhookCard key={webhook.id} webhook={webhook} onEdit={() => setForm({ webhook })} onLog={() => void navigate({ search: { webhook: webhook.id } })} />
        ))}
      </ul>
      <Suspense>
        {form && <WebhookForm webhook={form.webhook} onClose={() => setForm(null)} />}
        {shown && <DeliveryLog webhook={shown} onClose={() => void navigate({ search: {} })} />}
      </Suspense>
    </div>
  )
}
