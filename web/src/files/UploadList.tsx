/** All uploads, live: sorted by the header, filtered by state and dataset, more of them as one scrolls. */
import { Button, NativeSelect, Skeleton } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconX } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Refused } from '../shell/Refused'
import { useSeen } from '../parts/useSeen'
import { EmptyFiles } from './EmptyFiles'
import { FirstSteps } from './FirstSteps'
import { LABELS } from './StateBadge'
import classes from './UploadList.module.css'
import { UploadRow } from './UploadRow'
import { sortedBy, STATES, type UploadsSearch } from './uploadsState'
import { useUploads } from './useUploads'

const HEADS = [
  { by: 'name', label: 'File' },
  { by: null, label: 'Dataset' },
  { by: 'state', label: 'State' },
  { by: null, label: 'Rows', numeric: true },
  { by: null, label: 'Rejects', numeric: true },
  { by: 'size', label: 'Size', numeric: true },
  { by: 'created', label: 'When' },
] as const

export function UploadList({ onPick }: { onPick: () => void }) {
  const search = useSearch({ from: '/' })
  const navigate = useNavigate({ from: '/' })
  const uploads = useUploads(search)
  const more = useSeen(() => {
    if (uploads.hasNextPage && !uploads.isFetchingNextPage) void uploads.fetchNextPage()
  }, uploads.data?.pages.length)
  const show = (change: Partial<UploadsSearch>) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const rows = uploads.data?.pages.flatMap((page) => page.uploads) ?? []
  const isFiltered = search.state !== undefined || search.dataset !== undefined
  if (uploads.isSuccess && rows.length === 0 && !isFiltered) return <EmptyFiles onPick={onPick} />
  return (
    <>
      {!isFiltered && <FirstSteps uploads={rows} />}
      <section className={`card ${classes.card}`} aria-label="Uploads">
        <div className={`row apart ${classes.bar}`}>
          <h2>All uploads</h2>
          <div className="row">
            {search.dataset && (
              <Button variant="default" size="xs" rightSection={<IconX size={13} aria-hidden />} onClick={() => show({ dataset: undefined })}>
                Dataset {search.dataset}
              </Button>
            )}
            <NativeSelect
              size="xs"
              aria-label="Only uploads in this state"
              value={search.state ?? ''}
              onChange={(event) => show({ state: STATES.find((state) => state === event.currentTarget.value) })}
              data={[{ value: '', label: 'All states' }, ...STATES.map((state) => ({ value: state, label: LABELS[state] }))]}
            />
          </div>
        </div>
        {uploads.isError && rows.length === 0 ? (
          <Refused error={uploads.error} onRetry={() => void uploads.refetch()} />
        ) : (
          <table className={classes.table}>
            <thead>
              <tr>
                {HEADS.map((head) => (
                  <Head key={head.label} head={head} search={search} onSort={show} />
                ))}
                <th scope="col">
                  <span className="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((upload) => (
                <UploadRow key={upload.id} upload={upload} />
              ))}
            </tbody>
          </table>
        )}
        {uploads.isPending && <Skeleton height={160} radius="md" aria-label="Uploads are being read" />}
        {uploads.isSuccess && rows.length === 0 && <p className={`soft ${classes.none}`}>No upload is so. Choose another state or dataset.</p>}
        <div ref={more} className={classes.more}>
          {uploads.isFetchingNextPage && <span className="soft small">More…</span>}
        </div>
      </section>
    </>
  )
}

interface HeadProps {
  head: (typeof HEADS)[number]
  search: UploadsSearch
  onSort: (change: Partial<UploadsSearch>) => void
}

function Head({ head, search, onSort }: HeadProps) {
  const sort = search.sort ?? '-created'
  const numeric = 'numeric' in head || undefined
  if (head.by === null) {
    return (
      <th scope="col" data-numeric={numeric}>
        {head.label}
      </th>
    )
  }
  const by = head.by
  const direction = sort === by ? 'ascending' : sort === `-${by}` ? 'descending' : undefined
  return (
    <th scope="col" data-numeric={numeric} aria-sort={direction}>
      <button type="button" className={classes.sort} onClick={() => onSort({ sort: sortedBy(search.sort, by) })}>
        {head.label}
        {direction === 'ascending' && <IconArrowUp size={13} aria-hidden />}
        {direction === 'descending' && <IconArrowDown size={13} aria-hidden />}
      </button>
    </th>
  )
}
