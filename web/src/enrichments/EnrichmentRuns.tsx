/** The runs of an enrichment, the newest first: how many values were found, why some failed, and the upload that each became. */
import { Button, Drawer, Skeleton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { EnrichmentCounts, EnrichmentRun } from '../api/schema'
import { LABELS, TONES } from '../files/StateBadge'
import { counted, duration } from '../format/numbers'
import { ago, exact } from '../format/times'
import { Badge } from '../parts/Badge'
import { Refused } from '../shell/Refused'
import { RUN_TONES } from '../sources/runText'
import classes from '../sources/SourcesPage.module.css'
import own from './Enrichments.module.css'
import { useEnrichmentRuns } from './useEnrichments'
import { causeText, countsText, effortText, RUN_LABELS } from './words'

export default function EnrichmentRuns({ enrichment, onClose }: { enrichment: string; onClose: () => void }) {
  const runs = useEnrichmentRuns(enrichment)
  const all = runs.data?.pages.flatMap((page) => page.runs) ?? []
  return (
    <Drawer opened onClose={onClose} title={`Runs of ${enrichment}`} size="lg" overlayProps={{ backgroundOpacity: 0.15 }}>
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

function OneRun({ run }: { run: EnrichmentRun }) {
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
      </p>
      {run.error && <p className={classes.error}>{run.error.detail}</p>}
      {run.counts && <Counts counts={run.counts} />}
      {run.upload && (
        <ul className={classes.uploads}>
          <li>
            <Link to="/uploads/$id" params={{ id: run.upload.id }}>
              Its upload
            </Link>
            <Badge tone={TONES[run.upload.state]}>{LABELS[run.upload.state]}</Badge>
            <span className="soft">
              {counted(run.upload.rows, 'row')}
              {run.upload.findings > 0 && `, ${counted(run.upload.findings, 'finding')}`}; it can be undone there
            </span>
          </li>
        </ul>
      )}
    </li>
  )
}

function Counts({ counts }: { counts: EnrichmentCounts }) {
  return (
    <>
      <p>{countsText(counts)}</p>
      <p className="soft small">{effortText(counts)}</p>
      {counts.reasons.length > 0 && (
        <ul className={own.reasons} aria-label="Why some failed">
          {counts.reasons.map(({ reason, count, samples }) => (
            <li key={reason}>
              {counted(count, 'value')}: {reason}{' '}
              <span className="soft">
                Such as <bdi>{samples.join(', ')}</bdi>
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
