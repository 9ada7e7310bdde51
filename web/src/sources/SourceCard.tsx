/** One source: where it fetches from and into what, when, how it went last; and what can be done with it. */
import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconHistory, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Source } from '../api/schema'
import { ago, exact } from '../format/times'
import { Badge } from '../parts/Badge'
import { CardMenu } from '../parts/CardMenu'
import { Confirm } from '../parts/Confirm'
import { KINDS, placeText } from './place'
import { LastRun } from './Runs'
import { broughtText, isGoingOn, RUN_LABELS } from './runText'
import { scheduleText } from './schedule'
import cards from '../parts/cards.module.css'
import classes from './SourcesPage.module.css'
import { useSourceAction } from './useSources'

interface Props {
  source: Source
  mayManage: boolean
  onEdit: () => void
  onHistory: () => void
}

export function SourceCard({ source, mayManage, onEdit, onHistory }: Props) {
  const act = useSourceAction(source)
  const [removing, remove] = useDisclosure(false)
  return (
    <li className={`card ${cards.card}`} aria-label={source.name}>
      <div className="row apart">
        <div className="grow">
          <h2 className="clip">{source.name}</h2>
          <p className="small">
            {KINDS[source.kind]} into{' '}
            <Link to="/datasets/$name" params={{ name: source.dataset }}>
              {source.dataset}
            </Link>
          </p>
        </div>
        {mayManage && <CardMenu name={source.name} onEdit={onEdit} onRemove={remove.open} again={{ label: 'Fetch all of it again', act: () => act.mutate('again') }} />}
      </div>
      <p className={`${classes.place} clip`} title={placeText(source.kind, source.settings)}>
        <bdi>{placeText(source.kind, source.settings)}</bdi>
      </p>
      <Facts source={source} />
      <div className={cards.actions}>
        <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={14} aria-hidden />} disabled={isGoingOn(source.last_run)} loading={act.isPending} onClick={() => act.mutate('run')}>
          Run now
        </Button>
        {mayManage && source.schedule !== '' && (
          <Button size="xs" variant="default" leftSection={source.paused ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />} disabled={act.isPending} onClick={() => act.mutate(source.paused ? 'resume' : 'pause')}>
            {source.paused ? 'Resume' : 'Pause'}
          </Button>
        )}
        <Button size="xs" variant="default" leftSection={<IconHistory size={14} aria-hidden />} onClick={onHistory}>
          History
        </Button>
      </div>
      {removing && (
        <Confirm title={`Remove ${source.name}?`} action="Remove" onClose={remove.close} onConfirm={() => act.mutate('remove')}>
          It is fetched no more, and its history goes. What it brought stays.
        </Confirm>
      )}
    </li>
  )
}

function Facts({ source }: { source: Source }) {
  const { last_run: last } = source
  return (
    <dl className={classes.facts}>
      <dt>When</dt>
      <dd>
        {scheduleText(source.schedule)}
        {source.schedule !== '' && <span className="soft"> · {source.time_zone}</span>}
      </dd>
      {source.schedule !== '' && (
        <>
          <dt>Next</dt>
          <dd>{source.paused ? <Badge tone="warn">Paused</Badge> : source.next_run_at ? <time dateTime={source.next_run_at}>{`${ago(source.next_run_at)}, ${exact(source.next_run_at)}`}</time> : '–'}</dd>
        </>
      )}
      <dt>Last</dt>
      <dd>
        {last ? (
          <LastRun run={last} label={RUN_LABELS[last.state]}>
            {!last.error && broughtText(last) && <div className="small">{broughtText(last)}</div>}
          </LastRun>
        ) : (
          'never yet'
        )}
      </dd>
    </dl>
  )
}
