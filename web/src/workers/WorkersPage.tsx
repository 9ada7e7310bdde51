/** Who works: every process, what it has in hand, what waits for it; and the events that nobody could handle. Looks again by itself. */
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, take } from '../api/client'
import type { QueueOut, WorkerOut } from '../api/schema'
import { count, counted, duration } from '../format/numbers'
import { ago, exact } from '../format/times'
import { Refused } from '../shell/Refused'
import { DeadLetters } from './DeadLetters'
import classes from './WorkersPage.module.css'
import { stateOf } from './workerState'

const AGAIN_MS = 2_000

export function WorkersPage() {
  const all = useQuery({
    queryKey: ['workers'],
    queryFn: ({ signal }) => take(api.GET('/api/workers', { signal })),
    refetchInterval: AGAIN_MS,
  })
  if (all.isPending) return <Skeleton height={240} radius="lg" />
  if (!all.data) return <Refused error={all.error} onRetry={() => void all.refetch()} />
  return (
    <div className="stack">
      <div>
        <h1>Workers</h1>
        <p className="soft">
          {all.data.workers.length === 1 ? '1 process' : `${count(all.data.workers.length)} processes`}, by what each has told of itself in the last seconds.
        </p>
      </div>
      <div className="card">
        <div className={classes.scroller} role="region" aria-label="Processes" tabIndex={0}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Process</th>
                <th scope="col">Services</th>
                <th scope="col">State</th>
                <th scope="col" className={classes.number}>
                  In hand
                </th>
                <th scope="col" className={classes.number}>
                  Events a minute
                </th>
                <th scope="col">Busy with</th>
              </tr>
            </thead>
            <tbody>
              {all.data.workers.map((worker) => (
                <Worker key={worker.id} worker={worker} />
              ))}
            </tbody>
          </table>
        </div>
      </div>
      <Queues queues={all.data.queues} />
      <DeadLetters waiting={all.data.dead_letters} />
    </div>
  )
}

function Worker({ worker }: { worker: WorkerOut }) {
  const state = stateOf(worker)
  return (
    <tr>
      <th scope="row">
        <bdi>{worker.host}</bdi> <span className="soft small">process {worker.pid}</span>
        <div className="soft small">
          <time dateTime={worker.started_at} title={exact(worker.started_at)}>
            since {ago(worker.started_at)}
          </time>
          , version {worker.version}
        </div>
      </th>
      <td>{worker.services.join(', ')}</td>
      <td data-tone={state.tone} className={classes.state}>
        {state.text}
      </td>
      <td className={classes.number}>
        {count(worker.in_hand.length)} of {count(worker.hands)}
      </td>
      <td className={classes.number}>{count(Math.round(worker.per_minute))}</td>
      <td>
        {worker.in_hand.slice(0, 3).map((hand) => (
          <div key={`${hand.event} ${hand.subject}`} className="small">
            {hand.upload_id ? (
              <Link to="/uploads/$id" params={{ id: hand.upload_id }}>
                {hand.event}
              </Link>
            ) : (
              hand.event
            )}{' '}
            <span className="soft">for {duration(hand.seconds)}</span>
          </div>
        ))}
      </td>
    </tr>
  )
}

function Queues({ queues }: { queues: readonly QueueOut[] }) {
  return (
    <section className="stack tight" aria-label="What waits">
      <h2>What waits</h2>
      <ul className={classes.queues}>
        {queues.map((queue) => (
          <li key={queue.group} className="card">
            <h3>{queue.group}</h3>
            <p className="numbers">{queue.events === null ? 'nobody can tell' : counted(queue.events, 'event')}</p>
            <p className="soft small">
              {queue.events ? `the oldest for ${duration(queue.oldest_s ?? 0)}, ` : ''}
              {counted(queue.consumers, 'consumer')}
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}
