/** Rows from the clipboard or typed by hand, as a file with a name. */
import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useDrafts } from './drafts'
import { pastedFile } from './pastedFile'

const EXAMPLE = 'sku,name,price\nA-1,"Walnut table",249.00\nA-2,Oak bench,89.50'

export default function PasteRows({ onClose }: { onClose: () => void }) {
  const { add } = useDrafts()
  const [name, setName] = useState('pasted')
  const [text, setText] = useState('')
  const file = pastedFile(text, `${name.trim() || 'pasted'}.csv`)
  const look = () => {
    if (!file) return
    add([file])
    onClose()
  }
  return (
    <Modal opened onClose={onClose} title="Paste rows" size="lg">
      <div className="stack">
        <TextInput label="Name" description="The dataset is called so, too." value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Textarea
          label="Rows"
          description="From a spreadsheet or a file: a line of titles, then a line for each row."
          placeholder={EXAMPLE}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          rows={10}
          data-autofocus
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }}
        />
        <div className="row apart">
          <span className="soft small">{text && !file ? 'That is no table yet: two lines or more, with commas, semicolons, bars or tabs.' : ''}</span>
          <Button onClick={look} disabled={!file}>
            Look at them
          </Button>
        </div>
      </div>
    </Modal>
  )
}
