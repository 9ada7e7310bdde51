/** One source: where it fetches from and into what, when, how it went last; and what can be done with it. */
import { ActionIcon, Button, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDots, IconHistory, IconPencil, IconPlayerPause, IconPlayerPlay, IconRefresh, IconTrash } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Source } from '../api/schema'
import { ago, exact } from '../format/times'
import { Badge } from '../parts/Badge'
import { Confirm } from '../parts/Confirm'
import { KINDS, placeText } from './place'
import { broughtText, isGoingOn, RUN_LABELS, RUN_TONES } from './runText'
import { scheduleText } from './schedule'
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
    <li className={`card ${classes.card}`} aria-label={source.name}>
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
        {mayManage && (
          <Menu>
            <Menu.Target>
              <ActionIcon aria-label={`Actions for ${source.name}`}>
                <IconDots size={18} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={onEdit}>
                Change
              </Menu.Item>
              <Menu.Item leftSection={<IconRefresh size={16} aria-hidden />} onClick={() => act.mutate('again')}>
                Fetch all of it again
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={remove.open}>
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      <p className={`${classes.place} clip`} title={placeText(source.kind, source.settings)}>
        <bdi>{placeText(source.kind, source.settings)}</bdi>
      </p>
      <Facts source={source} />
      <div className={classes.actions}>
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
          <>
            <Badge tone={RUN_TONES[last.state]}>{RUN_LABELS[last.state]}</Badge>{' '}
            <time className="soft small" dateTime={last.created_at} title={exact(last.created_at)}>
              {ago(last.created_at)}
            </time>
            {last.error && <div className={`small ${classes.error}`}>{last.error.detail}</div>}
            {!last.error && broughtText(last) && <div className="small">{broughtText(last)}</div>}
          </>
        ) : (
          'never yet'
        )}
      </dd>
    </dl>
  )
}
