/** A new name for something. */
import { Button, Modal, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'

interface Props {
  what: string
  name: string
  onRename: (name: string) => void
  onClose: () => void
}

export function Rename({ what, name, onRename, onClose }: Props) {
  const [next, setNext] = useState(name)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (next.trim() !== '' && next !== name) onRename(next.trim())
    onClose()
  }
  return (
    <Modal opened onClose={onClose} title={`Rename the ${what}`}>
      <form onSubmit={submit} className="stack">
        <TextInput label="New name" value={next} onChange={(event) => setNext(event.currentTarget.value)} data-autofocus />
        <div className="row apart">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit">Rename</Button>
        </div>
      </form>
    </Modal>
  )
}
