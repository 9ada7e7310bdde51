/** One upload: what became of it, its way with times, its balance, what was found, and the records that could not be loaded. */
import { Alert, Button, Skeleton } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { fileUrl, rejectsUrl } from '../api/addresses'
import { api, take } from '../api/client'
import type { Upload } from '../api/schema'
import { StateBadge, UploadProgress } from '../files/StateBadge'
import { ACTION_LABELS, actionsFor, useUploadAction } from '../files/uploadActions'
import { isUnderWay } from '../files/uploadsState'
import { bytes, count, counted, duration } from '../format/numbers'
import { exact } from '../format/times'
import { FindingList } from '../parts/FindingList'
import { lazy, Suspense } from 'react'
import { Refused } from '../shell/Refused'
import classes from './UploadPage.module.css'

const MendRejects = lazy(() => import('./MendRejects'))
const MENDED_AT_ONCE_MAX = 500 // more are mended in a file
const BUSY_MS = 500
const IDLE_MS = 3_000

export function UploadPage() {
  const { id } = useParams({ from: '/uploads/$id' })
  const upload = useQuery({
    queryKey: ['uploads', 'one', id],
    queryFn: ({ signal }) => take(api.GET('/api/uploads/{upload_id}', { params: { path: { upload_id: id } }, signal })),
    refetchInterval: (query) => (query.state.data && isUnderWay(query.state.data) ? BUSY_MS : IDLE_MS),
  })
  if (upload.isPending) return <Skeleton height={420} radius="lg" />
  if (!upload.data) return <Refused error={upload.error} onRetry={() => void upload.refetch()} />
  return (
    <div className="stack">
      <Head upload={upload.data} />
      {upload.data.error && (
        <Alert color="red" variant="light" radius="md" title="It was not loaded">
          {upload.data.error.detail}
        </Alert>
      )}
      <Figures upload={upload.data} />
      {(upload.data.findings?.length ?? 0) > 0 && (
        <section className="stack tight">
          <h2>What was found</h2>
          <FindingList findings={upload.data.findings ?? []} />
        </section>
      )}
      {upload.data.rejects > 0 && <Rejects upload={upload.data} />}
    </div>
  )
}

function Head({ upload }: { upload: Upload }) {
  const act = useUploadAction(upload)
  const offered = actionsFor(upload).filter((action) => action !== 'remove')
  return (
    <div className="row apart">
      <div className="grow">
        <h1 className="clip">
          <bdi>{upload.file_name}</bdi>
        </h1>
        <p className="soft">
          {upload.mode} into{' '}
          <Link to="/datasets/$name" params={{ name: upload.dataset }} search={upload.state === 'HELD' && upload.version ? { version: upload.version } : {}}>
            {upload.dataset}
          </Link>
          {upload.version && ` · version ${upload.version}`} · {exact(upload.created_at)}
          {typeof upload.size_bytes === 'number' && ` · ${bytes(upload.size_bytes)}`}
        </p>
        <StateBadge upload={upload} />
        <UploadProgress upload={upload} />
      </div>
      <div className="row">
        {upload.sha256 && upload.state !== 'UNCHANGED' && (
          <Button component="a" variant="default" href={fileUrl(upload.id)}>
            Download
          </Button>
        )}
        {offered.map((action) => (
          <Button key={action} variant={action === 'publish' ? 'filled' : 'default'} loading={act.isPending} onClick={() => act.mutate(action)}>
            {ACTION_LABELS[action]}
          </Button>
        ))}
      </div>
    </div>
  )
}

function Figures({ upload }: { upload: Upload }) {
  const { timings, balance } = upload
  const records = Math.max(1, upload.rows + upload.rejects)
  const steps = [
    ['received', timings.receive_s],
    ['loaded', timings.load_s],
    ['merged', timings.merge_s],
    ['indexed', timings.index_s],
  ] as const
  const changes = [
    ['inserted', upload.inserted],
    ['updated', upload.updated],
    ['unchanged', upload.unchanged],
    ['repeated', upload.duplicates],
  ] as const
  return (
    <section className={`card stack ${classes.figures}`} aria-label="Balance">
      <p className="numbers">
        <strong>{upload.records === null ? '…' : counted(upload.records, 'record')}</strong> = {counted(upload.rows, 'row')} + {counted(upload.rejects, 'reject')}
        {balance && ` · ${counted(balance.documents, 'document')} to search`}
      </p>
      <div className={classes.balance} aria-hidden>
        <span className={classes.rows} style={{ width: `${(100 * upload.rows) / records}%` }} />
        <span className={classes.rejects} style={{ width: `${(100 * upload.rejects) / records}%` }} />
      </div>
      <dl className={classes.facts}>
        {steps.map(([name, seconds]) => typeof seconds === 'number' && <Fact key={name} name={name} value={duration(seconds)} />)}
        {changes.map(([name, number]) => typeof number === 'number' && <Fact key={name} name={name} value={count(number)} />)}
      </dl>
    </section>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="numbers">{value}</dd>
    </div>
  )
}

function Rejects({ upload }: { upload: Upload }) {
  const rejects = useInfiniteQuery({
    queryKey: ['rejects', upload.id, upload.rejects],
    queryFn: ({ pageParam }) => take(api.GET('/api/uploads/{upload_id}/rejects', { params: { path: { upload_id: upload.id }, query: { limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  return (
    <section className="stack tight">
      <div className="row apart">
        <h2>{counted(upload.rejects, 'record')} could not be loaded</h2>
        <Button component="a" variant="default" size="xs" href={rejectsUrl(upload.id)} download={`${upload.file_name} rejects.csv`}>
          Download them to mend
        </Button>
      </div>
      {upload.rejects <= MENDED_AT_ONCE_MAX && upload.state !== 'FAILED' ? (
        <Suspense>
          <MendRejects upload={upload} />
        </Suspense>
      ) : (
        <ul className={classes.list}>
        {rejects.data?.pages
          .flatMap((page) => page.rejects)
          .map((reject) => (
            <li key={reject.record}>
              <span className="soft small numbers">line {count(reject.line)}</span>
              <span>{reject.detail}</span>
              <code dir="auto">{reject.raw}</code>
            </li>
          ))}
        </ul>
      )}
      {upload.rejects > MENDED_AT_ONCE_MAX && rejects.hasNextPage && (
        <div>
          <Button variant="default" size="xs" loading={rejects.isFetchingNextPage} onClick={() => void rejects.fetchNextPage()}>
            More
          </Button>
        </div>
      )}
    </section>
  )
}
