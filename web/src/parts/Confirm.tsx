/** Asks before something that cannot be taken back. */
import { Button, Modal } from '@mantine/core'
import type { ReactNode } from 'react'

interface Props {
  title: string
  action: string
  children: ReactNode
  onConfirm: () => void
  onClose: () => void
}

export function Confirm({ title, action, children, onConfirm, onClose }: Props) {
  const confirm = () => {
    onConfirm()
    onClose()
  }
  return (
    <Modal opened onClose={onClose} title={title}>
      <div className="stack">
        <p>{children}</p>
        <div className="row apart">
          <Button variant="default" onClick={onClose} data-autofocus>
            Leave it
          </Button>
          <Button color="red.8" onClick={confirm}>
            {action}
          </Button>
        </div>
      </div>
    </Modal>
  )
}
