/** One enrichment: what it looks up and where, when, how it went last; and what can be done with it. */
import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconEye, IconHistory, IconPlayerPlay } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Enrichment } from '../api/schema'
import { ago, exact } from '../format/times'
import { CardMenu } from '../parts/CardMenu'
import { Confirm } from '../parts/Confirm'
import { LastRun } from '../sources/Runs'
import { isGoingOn } from '../sources/runText'
import cards from '../parts/cards.module.css'
import classes from '../sources/SourcesPage.module.css'
import { useEnrichmentAction } from './useEnrichments'
import { countsText, KINDS, RUN_LABELS, whenText } from './words'

interface Props {
  enrichment: Enrichment
  mayManage: boolean
  onEdit: () => void
  onPreview: () => void
  onHistory: () => void
}

export function EnrichmentCard({ enrichment, mayManage, onEdit, onPreview, onHistory }: Props) {
  const act = useEnrichmentAction(enrichment)
  const [removing, remove] = useDisclosure(false)
  const url = String(enrichment.settings['url'] ?? '')
  return (
    <li className={`card ${cards.card}`} aria-label={enrichment.name}>
      <div className="row apart">
        <div className="grow">
          <h2 className="clip">{enrichment.name}</h2>
          <p className="small">
            <bdi>{enrichment.column}</bdi> of{' '}
            <Link to="/datasets/$name" params={{ name: enrichment.dataset }}>
              {enrichment.dataset}
            </Link>
          </p>
        </div>
        {mayManage && <CardMenu name={enrichment.name} onEdit={onEdit} onRemove={remove.open} again={{ label: 'Ask for everything again', act: () => act.mutate('again') }} />}
      </div>
      <p className={`${classes.place} clip`} title={url}>
        <bdi>{url}</bdi>
      </p>
      <Facts enrichment={enrichment} />
      <div className={cards.actions}>
        <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={14} aria-hidden />} disabled={isGoingOn(enrichment.last_run)} loading={act.isPending} onClick={() => act.mutate('run')}>
          Run now
        </Button>
        {mayManage && (
          <Button size="xs" variant="default" leftSection={<IconEye size={14} aria-hidden />} onClick={onPreview}>
            Try on ten rows
          </Button>
        )}
        <Button size="xs" variant="default" leftSection={<IconHistory size={14} aria-hidden />} onClick={onHistory}>
          History
        </Button>
      </div>
      {removing && (
        <Confirm title={`Remove ${enrichment.name}?`} action="Remove" onClose={remove.close} onConfirm={() => act.mutate('remove')}>
          It runs no more; its history and the answers that it kept go. Its columns stay.
        </Confirm>
      )}
    </li>
  )
}

function Facts({ enrichment }: { enrichment: Enrichment }) {
  const { last_run: last, schedule, next_run_at: next } = enrichment
  return (
    <dl className={classes.facts}>
      <dt>How</dt>
      <dd>{KINDS[enrichment.kind]}</dd>
      <dt>Columns</dt>
      <dd>
        <bdi>{Object.values(enrichment.fields).join(', ')}</bdi>
      </dd>
      <dt>When</dt>
      <dd>
        {whenText(enrichment)}
        {schedule !== '' && <span className="soft"> · {enrichment.time_zone}</span>}
      </dd>
      {next && (
        <>
          <dt>Next</dt>
          <dd>
            <time dateTime={next}>{`${ago(next)}, ${exact(next)}`}</time>
          </dd>
        </>
      )}
      <dt>Last</dt>
      <dd>
        {last ? (
          <LastRun run={last} label={RUN_LABELS[last.state]}>
            {last.counts && <div className="small">{countsText(last.counts)}</div>}
          </LastRun>
        ) : (
          'never yet'
        )}
      </dd>
    </dl>
  )
}
