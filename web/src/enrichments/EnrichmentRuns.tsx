/** The runs of an enrichment, the newest first: how many values were found, why some failed, and the upload that each became. */
import { Link } from '@tanstack/react-router'
import type { EnrichmentCounts, EnrichmentRun } from '../api/schema'
import { LABELS, TONES } from '../files/StateBadge'
import { counted } from '../format/numbers'
import { Badge } from '../parts/Badge'
import { RunHead, RunsDrawer } from '../sources/Runs'
import classes from '../sources/SourcesPage.module.css'
import own from './Enrichments.module.css'
import { useEnrichmentRuns } from './useEnrichments'
import { causeText, countsText, effortText, RUN_LABELS } from './words'

export default function EnrichmentRuns({ enrichment, onClose }: { enrichment: string; onClose: () => void }) {
  return (
    <RunsDrawer of={enrichment} runs={useEnrichmentRuns(enrichment)} onClose={onClose}>
      {(run) => <OneRun run={run} />}
    </RunsDrawer>
  )
}

function OneRun({ run }: { run: EnrichmentRun }) {
  return (
    <>
      <RunHead run={run} label={RUN_LABELS[run.state]} cause={causeText(run)} />
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
    </>
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
