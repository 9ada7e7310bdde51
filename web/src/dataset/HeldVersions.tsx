/** Versions that wait for somebody to look at them: what each would change, and the choice between publishing and discarding it. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { api, take } from '../api/client'
import type { Dataset, Upload } from '../api/schema'
import { useUploadAction } from '../files/uploadActions'
import classes from './HeldVersions.module.css'
import { changesText } from './heldText'
import { useShown } from './useDataset'

const VersionChanges = lazy(() => import('./VersionChanges'))
const AGAIN_MS = 4_000
const SHOWN_MAX = 20

export function HeldVersions({ dataset }: { dataset: Dataset }) {
  const { name } = dataset
  const held = useQuery({
    queryKey: ['uploads', 'held', name],
    queryFn: ({ signal }) => take(api.GET('/api/uploads', { params: { query: { dataset: name, state: 'HELD', sort: 'created', limit: SHOWN_MAX } }, signal })),
    refetchInterval: AGAIN_MS,
  })
  const uploads = held.data?.uploads ?? []
  return uploads.map((upload) => upload.version && <Held key={upload.id} dataset={dataset} upload={upload} version={upload.version} />)
}

interface Props {
  dataset: Dataset
  upload: Upload
  version: number
}

function Held({ dataset, upload, version }: Props) {
  const [isOpen, setOpen] = useState(false)
  const [search, show] = useShown()
  const act = useUploadAction(upload)
  const isShown = search.version === version
  const decide = (action: 'publish' | 'discard') => {
    if (isShown) show({ version: undefined }) // before it may be gone
    act.mutate(action)
  }
  return (
    <section className={classes.held} aria-label={`Version ${version} waits`}>
      <div className="row apart">
        <div className="grow">
          <h2>Version {version} waits to be published</h2>
          <p className="small">
            <Link to="/uploads/$id" params={{ id: upload.id }}>
              <bdi>{upload.file_name}</bdi>
            </Link>
            : {changesText(upload)}. Readers see version {dataset.versions.filter((one) => one.published_at).at(-1)?.number ?? 0} until then.
          </p>
        </div>
        <div className="row">
          <Button variant="default" size="xs" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            What it changes
          </Button>
          <Button variant="default" size="xs" onClick={() => show({ version: isShown ? undefined : version, tab: 'rows' })}>
            {isShown ? 'Back to what readers see' : 'Look at its rows'}
          </Button>
          <Button variant="default" size="xs" disabled={act.isPending} onClick={() => decide('discard')}>
            Discard
          </Button>
          <Button size="xs" loading={act.isPending} onClick={() => decide('publish')}>
            Publish
          </Button>
        </div>
      </div>
      {isOpen && (
        <Suspense fallback={null}>
          <VersionChanges dataset={dataset} version={version} />
        </Suspense>
      )}
    </section>
  )
}
