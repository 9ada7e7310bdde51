/** Runs in a drawer, the newest first, and the head of one: what sources and enrichments have alike. */
import { Button, Drawer, Skeleton } from '@mantine/core'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Run } from '../api/schema'
import { duration } from '../format/numbers'
import { ago, exact } from '../format/times'
import { Badge } from '../parts/Badge'
import { Refused } from '../shell/Refused'
import { RUN_TONES } from './runText'
import classes from './SourcesPage.module.css'

interface Runs<R> {
  of: string
  runs: UseInfiniteQueryResult<InfiniteData<{ runs: R[] }>>
  onClose: () => void
  children: (run: R) => ReactNode
}

export function RunsDrawer<R extends { id: string }>({ of, runs, onClose, children }: Runs<R>) {
  const all = runs.data?.pages.flatMap((page) => page.runs) ?? []
  return (
    <Drawer opened onClose={onClose} title={`Runs of ${of}`} size="lg" overlayProps={{ backgroundOpacity: 0.15 }}>
      {runs.isPending && <Skeleton height={240} radius="md" />}
      {runs.isError && all.length === 0 && <Refused error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.isSuccess && all.length === 0 && <p className="soft">It has not run yet.</p>}
      <ol className={classes.runs} aria-label="Runs">
        {all.map((run) => (
          <li key={run.id}>{children(run)}</li>
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

interface Head {
  run: Pick<Run, 'state' | 'created_at' | 'begun_at' | 'ended_at' | 'error'>
  label: string
  cause: string
}

export function RunHead({ run, label, cause }: Head) {
  const seconds = run.begun_at && run.ended_at ? (Date.parse(run.ended_at) - Date.parse(run.begun_at)) / 1000 : null
  return (
    <>
      <div className="row apart">
        <Badge tone={RUN_TONES[run.state]}>{label}</Badge>
        <time className="soft small" dateTime={run.created_at} title={exact(run.created_at)}>
          {ago(run.created_at)}
        </time>
      </div>
      <p className="soft small">
        {cause}
        {seconds !== null && ` · took ${duration(Math.max(0, seconds))}`}
      </p>
      {run.error && <p className={classes.error}>{run.error.detail}</p>}
    </>
  )
}

/** How the last run went, on a card. */
export function LastRun({ run, label, children }: { run: Omit<Head['run'], 'begun_at' | 'ended_at'>; label: string; children: ReactNode }) {
  return (
    <>
      <Badge tone={RUN_TONES[run.state]}>{label}</Badge>{' '}
      <time className="soft small" dateTime={run.created_at} title={exact(run.created_at)}>
        {ago(run.created_at)}
      </time>
      {run.error && <div className={`small ${classes.error}`}>{run.error.detail}</div>}
      {children}
    </>
  )
}
