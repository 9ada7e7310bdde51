/** A webhook to make or to change: where it goes, and of what it is told. A new one shows its secret, this once. */
import { Alert, Button, Checkbox, Modal, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { WebhookOut } from '../api/schema'
import { useNotices } from '../shell/notices'
import { Secret } from './Secret'
import { useChangeWebhook, useMakeWebhook } from './useWebhooks'
import classes from './WebhooksPage.module.css'
import { type Event, EVENTS, isEvent, readDatasets, USUAL } from './words'

interface Props {
  /** Null: a new one. */
  webhook: WebhookOut | null
  onClose: () => void
}

export default function WebhookForm({ webhook, onClose }: Props) {
  const notices = useNotices()
  const make = useMakeWebhook()
  const change = useChangeWebhook(webhook?.id ?? '')
  const [url, setUrl] = useState(webhook?.url ?? '')
  const [datasets, setDatasets] = useState((webhook?.datasets ?? ['*']).join(', '))
  const [events, setEvents] = useState<readonly Event[]>(webhook?.events ?? USUAL)
  if (make.data) return <Secret made={make.data} onClose={onClose} />
  const { error } = webhook ? change : make
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const body = { url: url.trim(), datasets: readDatasets(datasets), events: [...events] }
    if (!webhook) return make.mutate(body)
    change.mutate(body, {
      onSuccess: () => {
        notices.done('The webhook is changed.')
        onClose()
      },
    })
  }
  return (
    <Modal opened onClose={onClose} title={webhook ? 'Change the webhook' : 'A new webhook'} size="lg">
      <form className="stack" onSubmit={submit}>
        <TextInput
          label="URL"
          description="Of a program that takes a POST; mailto:somebody@example.org sends a letter."
          placeholder="https://shop.example/hooks/rowmill"
          required
          spellCheck={false}
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          data-autofocus
        />
        <TextInput label="Datasets" description="Names, comma between; orders-* for all that begin so; * for all." required value={datasets} onChange={(event) => setDatasets(event.currentTarget.value)} />
        <Checkbox.Group label="It is told when" value={[...events]} onChange={(chosen) => setEvents(chosen.filter(isEvent))}>
          <div className={classes.choices}>
            {Object.entries(EVENTS).map(([event, label]) => (
              <Checkbox key={event} value={event} label={label} />
            ))}
          </div>
        </Checkbox.Group>
        {error && (
          <Alert color="red" variant="light" radius="md" role="alert">
            {error.message}
          </Alert>
        )}
        <div className="row apart">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={make.isPending || change.isPending} disabled={events.length === 0}>
            {webhook ? 'Change it' : 'Add it'}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
