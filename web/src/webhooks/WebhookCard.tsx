/** One webhook: where it goes, of what it is told, and what can be done with it. */
import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconList, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import type { WebhookOut } from '../api/schema'
import { ago, exact } from '../format/times'
import { Badge } from '../parts/Badge'
import { CardMenu } from '../parts/CardMenu'
import { Confirm } from '../parts/Confirm'
import { useNotices } from '../shell/notices'
import { useChangeWebhook, useRemoveWebhook } from './useWebhooks'
import cards from '../parts/cards.module.css'
import classes from './WebhooksPage.module.css'
import { datasetsText, EVENTS } from './words'

interface Props {
  webhook: WebhookOut
  onEdit: () => void
  onLog: () => void
}

export function WebhookCard({ webhook, onEdit, onLog }: Props) {
  const notices = useNotices()
  const change = useChangeWebhook(webhook.id)
  const removal = useRemoveWebhook(webhook.id)
  const [removing, remove] = useDisclosure(false)
  const { paused } = webhook
  const turn = () =>
    change.mutate({ paused: !paused }, { onSuccess: () => notices.done(paused ? 'The webhook is told again.' : 'The webhook is paused.'), onError: notices.failed })
  return (
    <li className={`card ${cards.card}`} aria-label={webhook.url}>
      <div className="row apart">
        <h2 className={`${classes.url} grow`}>
          <bdi>{webhook.url}</bdi>
        </h2>
        {paused && <Badge tone="warn">Paused</Badge>}
        <CardMenu name={webhook.url} onEdit={onEdit} onRemove={remove.open} />
      </div>
      <p>
        Told of {datasetsText(webhook.datasets)}{' '}
        <span className="soft small">
          since{' '}
          <time dateTime={webhook.created_at} title={exact(webhook.created_at)}>
            {ago(webhook.created_at)}
          </time>
        </span>
      </p>
      <ul className={classes.events} aria-label="Events">
        {webhook.events.map((event) => (
          <li key={event} title={EVENTS[event]}>
            {event}
          </li>
        ))}
      </ul>
      <div className={cards.actions}>
        <Button size="xs" variant="default" leftSection={<IconList size={14} aria-hidden />} onClick={onLog}>
          Log
        </Button>
        <Button size="xs" variant="default" leftSection={paused ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />} loading={change.isPending} onClick={turn}>
          {paused ? 'Resume' : 'Pause'}
        </Button>
      </div>
      {removing && (
        <Confirm title="Remove this webhook?" action="Remove" onClose={remove.close} onConfirm={() => removal.mutate()}>
          <bdi>{webhook.url}</bdi> is told nothing more, and its log goes. Another webhook to the same URL has another secret.
        </Confirm>
      )}
    </li>
  )
}
