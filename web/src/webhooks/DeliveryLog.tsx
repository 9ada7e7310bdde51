/** What a webhook was told, or is to be told, the newest first; each to be told once more. */
import { Button, Drawer, Skeleton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Delivery, WebhookOut } from '../api/schema'
import { ago, exact } from '../format/times'
import { Badge } from '../parts/Badge'
import { Refused } from '../shell/Refused'
import { useDeliveries, useReplay } from './useWebhooks'
import classes from './WebhooksPage.module.css'
import { DELIVERY_LABELS, DELIVERY_TONES, deliveryText } from './words'

export default function DeliveryLog({ webhook, onClose }: { webhook: WebhookOut; onClose: () => void }) {
  const log = useDeliveries(webhook.id)
  const all = log.data?.pages.flatMap((page) => page.deliveries) ?? []
  return (
    <Drawer opened onClose={onClose} title="What it was told" size="lg" overlayProps={{ backgroundOpacity: 0.15 }}>
      <p className={`${classes.url} soft`}>
        <bdi>{webhook.url}</bdi>
      </p>
      {log.isPending && <Skeleton height={240} radius="md" />}
      {log.isError && all.length === 0 && <Refused error={log.error} onRetry={() => void log.refetch()} />}
      {log.isSuccess && all.length === 0 && <p className="soft">Nothing yet in the last 30 days. It is told as soon as one of its events happens.</p>}
      <ol className={classes.log} aria-label="Deliveries">
        {all.map((delivery) => (
          <OneDelivery key={delivery.id} webhook={webhook.id} delivery={delivery} />
        ))}
      </ol>
      {log.hasNextPage && (
        <Button mt="md" variant="default" size="xs" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          Older ones
        </Button>
      )}
    </Drawer>
  )
}

function OneDelivery({ webhook, delivery }: { webhook: string; delivery: Delivery }) {
  const replay = useReplay(webhook)
  const { state } = delivery
  return (
    <li>
      <div className="row apart">
        <Badge tone={DELIVERY_TONES[state]}>{DELIVERY_LABELS[state]}</Badge>
        <time className="soft small" dateTime={delivery.created_at} title={exact(delivery.created_at)}>
          {ago(delivery.created_at)}
        </time>
      </div>
      <p>
        {delivery.event}
        {delivery.dataset && ' of '}
        {delivery.dataset && <Subject delivery={delivery} dataset={delivery.dataset} />}
      </p>
      <div className="row apart">
        <p className="soft small grow">
          {deliveryText(delivery)}
          {delivery.next_at && state === 'WAITING' && delivery.attempts > 0 && ` · again ${ago(delivery.next_at)}`}
        </p>
        {state !== 'WAITING' && (
          <Button size="compact-xs" variant="default" loading={replay.isPending} onClick={() => replay.mutate(delivery.id)}>
            Tell it again
          </Button>
        )}
      </div>
    </li>
  )
}

function Subject({ delivery, dataset }: { delivery: Delivery; dataset: string }) {
  if (!delivery.event.startsWith('upload.')) return <bdi>{dataset}</bdi>
  return (
    <Link to="/uploads/$id" params={{ id: delivery.subject }}>
      <bdi>{dataset}</bdi>
    </Link>
  )
}
