/** The first visit: what to do, and a messy sample to try it on. */
import { Button } from '@mantine/core'
import { IconFileUpload, IconSparkles } from '@tabler/icons-react'
import { useDrafts } from './drafts'
import classes from './EmptyFiles.module.css'
import { sampleFile } from './sampleFile'

export function EmptyFiles({ onPick }: { onPick: () => void }) {
  const { add } = useDrafts()
  return (
    <section className={classes.empty}>
      <IconFileUpload size={44} stroke={1.3} aria-hidden className={classes.icon} />
      <h2>Drop your first CSV file here</h2>
      <p className="soft">Any size, any mess: Rowmill finds out how it is written, shows you what it makes of it, and lets you say otherwise. Nothing is loaded before.</p>
      <div className="row">
        <Button onClick={onPick}>Choose a file</Button>
        <Button variant="default" leftSection={<IconSparkles size={16} aria-hidden />} onClick={() => add([sampleFile()])}>
          Try a messy sample
        </Button>
      </div>
      <ol className={classes.steps}>
        <li>
          <strong>Look</strong>
          <span className="soft">Columns, types and findings, before it loads.</span>
        </li>
        <li>
          <strong>Load</strong>
          <span className="soft">Searchable in seconds. What cannot be loaded is kept, to be mended.</span>
        </li>
        <li>
          <strong>Search, or take it back</strong>
          <span className="soft">Each load is a version. Undo takes an instant.</span>
        </li>
      </ol>
    </section>
  )
}
