/** The runs of a source, the newest first: what each brought, with the uploads to open, or why it failed. */
import { Link } from '@tanstack/react-router'
import type { Run } from '../api/schema'
import { LABELS, TONES } from '../files/StateBadge'
import { counted } from '../format/numbers'
import { Badge } from '../parts/Badge'
import { RunHead, RunsDrawer } from './Runs'
import { causeText, RUN_LABELS } from './runText'
import classes from './SourcesPage.module.css'
import { useRuns } from './useSources'

const ONLY = '-' // of a source that has one file

export default function RunHistory({ source, onClose }: { source: string; onClose: () => void }) {
  return (
    <RunsDrawer of={source} runs={useRuns(source)} onClose={onClose}>
      {(run) => <OneRun run={run} />}
    </RunsDrawer>
  )
}

function OneRun({ run }: { run: Run }) {
  const cause = run.findings > 0 ? `${causeText(run)} · ${counted(run.findings, 'finding')}` : causeText(run)
  return (
    <>
      <RunHead run={run} label={RUN_LABELS[run.state]} cause={cause} />
      <ul className={classes.uploads}>
        {run.uploads.map((upload) => (
          <li key={upload.id}>
            <Link to="/uploads/$id" params={{ id: upload.id }}>
              <bdi>{upload.item === ONLY ? 'Its file' : upload.item}</bdi>
            </Link>
            <Badge tone={TONES[upload.state]}>{LABELS[upload.state]}</Badge>
            <span className="soft">
              {counted(upload.rows, 'row')}
              {upload.findings > 0 && `, ${counted(upload.findings, 'finding')}`}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
