/** The runs of a source, the newest first: what each brought, with the uploads to open, or why it failed. */
import { Button, Drawer, Skeleton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Run } from '../api/schema'
import { LABELS, TONES } from '../files/StateBadge'
import { counted, duration } from '../format/numbers'
import { ago, exact } from '../format/times'
import { Badge } from '../parts/Badge'
import { Refused } from '../shell/Refused'
import { causeText, RUN_LABELS, RUN_TONES } from './runText'
import classes from './SourcesPage.module.css'
import { useRuns } from './useSources'

const ONLY = '-' // of a source that has one file

export default function RunHistory({ source, onClose }: { source: string; onClose: () => void }) {
  const runs = useRuns(source)
  const all = runs.data?.pages.flatMap((page) => page.runs) ?? []
  return (
    <Drawer opened onClose={onClose} title={`Runs of ${source}`} size="lg" overlayProps={{ backgroundOpacity: 0.15 }}>
      {runs.isPending && <Skeleton height={240} radius="md" />}
      {runs.isError && all.length === 0 && <Refused error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.isSuccess && all.length === 0 && <p className="soft">It has not run yet.</p>}
      <ol className={classes.runs} aria-label="Runs">
        {all.map((run) => (
          <OneRun key={run.id} run={run} />
        ))}
      </ol>
      {runs.hasNextPage && (
        <Button mt="md" variant="default" size="xs" loading={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
          Older ones
        </Button>
      )}
    </Drawer>
  )
}

function OneRun({ run }: { run: Run }) {
  const seconds = run.begun_at && run.ended_at ? (Date.parse(run.ended_at) - Date.parse(run.begun_at)) / 1000 : null
  return (
    <li>
      <div className="row apart">
        <Badge tone={RUN_TONES[run.state]}>{RUN_LABELS[run.state]}</Badge>
        <time className="soft small" dateTime={run.created_at} title={exact(run.created_at)}>
          {ago(run.created_at)}
        </time>
      </div>
      <p className="soft small">
        {causeText(run)}
        {seconds !== null && ` · took ${duration(Math.max(0, seconds))}`}
        {run.findings > 0 && ` · ${counted(run.findings, 'finding')}`}
      </p>
      {run.error && <p className={classes.error}>{run.error.detail}</p>}
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
    </li>
  )
}
