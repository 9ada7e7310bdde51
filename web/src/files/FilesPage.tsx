/** All files: those that are being looked at before they load, and all uploads, live. */
import { Button } from '@mantine/core'
import { IconClipboardText, IconUpload } from '@tabler/icons-react'
import { useDisclosure } from '@mantine/hooks'
import { lazy, Suspense, useRef } from 'react'
import { DraftList } from './DraftList'
import { useDrafts } from './drafts'
import { UploadList } from './UploadList'

const PasteRows = lazy(() => import('./PasteRows'))

export function FilesPage() {
  const { add } = useDrafts()
  const [pasting, paste] = useDisclosure(false)
  const input = useRef<HTMLInputElement>(null)
  const pick = () => input.current?.click()
  return (
    <div className="stack">
      <div className="row apart">
        <div>
          <h1>Files</h1>
          <p className="soft">Drop CSV files anywhere on this page. You see what becomes of them before anything is loaded.</p>
        </div>
        <div className="row">
          <Button variant="default" leftSection={<IconClipboardText size={17} aria-hidden />} onClick={paste.open}>
            Paste rows
          </Button>
          <Button leftSection={<IconUpload size={17} aria-hidden />} onClick={pick}>
            Add files
          </Button>
        </div>
      </div>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="pick-files"
        aria-label="Files to add"
        onChange={(event) => {
          add([...(event.currentTarget.files ?? [])])
          event.currentTarget.value = '' // the same file may be picked again
        }}
      />
      <DraftList />
      <UploadList onPick={pick} />
      <Suspense>{pasting && <PasteRows onClose={paste.close} />}</Suspense>
    </div>
  )
}
