/** One file before it is loaded: what it is, where it goes, how it is read, what was found, its first rows. */
import { ActionIcon, Alert, Button, Loader, Progress } from '@mantine/core'
import { IconChevronRight, IconFileTypeCsv, IconX } from '@tabler/icons-react'
import { bytes, counted, share } from '../format/numbers'
import { FindingList } from '../parts/FindingList'
import { Destination } from './Destination'
import classes from './DraftCard.module.css'
import { canLoad, type Draft } from './draftsState'
import { useDrafts } from './drafts'
import { lacksKey, type Options, withRemedy } from './options'
import { PreviewTable } from './PreviewTable'
import { ReadingOptions } from './ReadingOptions'

interface Props {
  draft: Draft
  open: boolean
  onOpen: () => void
}

export function DraftCard({ draft, open, onOpen }: Props) {
  return (
    <article className={`card ${classes.card}`} aria-label={`Preview of ${draft.file.name}`} data-phase={draft.phase}>
      <DraftHead draft={draft} open={open} onOpen={onOpen} />
      {draft.phase === 'sending' && <Sent draft={draft} />}
      {draft.error && (
        <Alert color="red" variant="light" title={draft.phase === 'failed' ? 'It was not loaded' : 'It cannot be read so'}>
          {draft.error}
        </Alert>
      )}
      {open && draft.phase !== 'sending' && <DraftBody draft={draft} />}
    </article>
  )
}

function DraftHead({ draft, open, onOpen }: Props) {
  const { load, remove } = useDrafts()
  const { file, preview, options } = draft
  const warnings = preview?.findings?.filter((finding) => finding.level !== 'info').length ?? 0
  return (
    <header className={classes.head}>
      <IconFileTypeCsv size={26} stroke={1.4} aria-hidden className={classes.icon} />
      <div className="grow">
        <h2 className="clip">
          <bdi>{file.name}</bdi>
        </h2>
        <p className="soft small numbers">
          {bytes(file.size)}
          {preview && ` · ${preview.whole ? counted(preview.records, 'record') : `first ${counted(preview.records, 'record')} looked at`}`}
          {preview && ` · ${counted(preview.columns.length, 'column')}`}
          {warnings > 0 && ` · ${counted(warnings, 'thing')} to look at`}
        </p>
      </div>
      {draft.phase === 'previewing' && <Loader size="sm" aria-label="Looking at the file" />}
      {!open && (
        <Button variant="default" size="sm" rightSection={<IconChevronRight size={15} aria-hidden />} onClick={onOpen}>
          Look
        </Button>
      )}
      {draft.phase !== 'sending' && (
        <Button size="sm" disabled={!canLoad(draft)} loading={draft.phase === 'queued'} onClick={() => load([draft.id])}>
          <span className="clip">{loadLabel(draft.phase, options)}</span>
        </Button>
      )}
      <ActionIcon aria-label={draft.phase === 'sending' ? `Stop sending ${file.name}` : `Put ${file.name} away`} onClick={() => remove(draft.id)}>
        <IconX size={17} aria-hidden />
      </ActionIcon>
    </header>
  )
}

function loadLabel(phase: Draft['phase'], options: Options): string {
  if (lacksKey(options)) return 'Choose its key first'
  if (phase === 'failed') return 'Try again'
  return options.dataset ? `Load into ${options.dataset}` : 'Load'
}

function Sent({ draft }: { draft: Draft }) {
  const part = draft.file.size === 0 ? 1 : Math.min(1, draft.sentBytes / draft.file.size)
  return (
    <div className="stack tight">
      <Progress value={part * 100} aria-label={`${draft.file.name} sent`} />
      <p className="soft small numbers">
        {part < 1 ? `${share(part)} sent: ${bytes(draft.sentBytes)} of ${bytes(draft.file.size)}` : 'All sent. The server finishes storing it…'}
      </p>
    </div>
  )
}

function DraftBody({ draft }: { draft: Draft }) {
  const { change } = useDrafts()
  const { preview, options } = draft
  const set = (next: typeof options) => change(draft.id, next)
  return (
    <>
      <Destination options={options} columns={preview?.columns ?? []} onChange={set} />
      <ReadingOptions options={options} dialect={preview?.dialect ?? null} onChange={set} />
      {preview && (preview.findings?.length ?? 0) > 0 && (
        <FindingList findings={preview.findings ?? []} onRemedy={({ option, value }) => set(withRemedy(options, option, value))} />
      )}
      {preview && <PreviewTable preview={preview} options={options} onChange={set} />}
    </>
  )
}
