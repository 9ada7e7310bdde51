/** The secret with which a new webhook's messages are signed: shown this once. */
import { Button, CopyButton, Modal, TextInput } from '@mantine/core'
import type { MadeWebhook } from '../api/schema'

export function Secret({ made, onClose }: { made: MadeWebhook; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="The webhook is there" size="lg" closeOnClickOutside={false}>
      <div className="stack">
        <p>
          Its messages are signed with this secret, by the rules of Standard Webhooks. Give it to the program at <bdi>{made.url}</bdi> now: <strong>nothing will show it again.</strong>
        </p>
        <TextInput label="Secret" readOnly value={made.secret} onFocus={(event) => event.currentTarget.select()} data-autofocus />
        <div className="row apart">
          <CopyButton value={made.secret}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy it'}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onClose}>I have it</Button>
        </div>
      </div>
    </Modal>
  )
}
