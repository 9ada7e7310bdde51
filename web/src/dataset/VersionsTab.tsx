/** The versions as a time line: each to look at, with what it changed; the newest to undo. */
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import type { Dataset, VersionOut } from '../api/schema'
import { useUploadAction } from '../files/uploadActions'
import { counted } from '../format/numbers'
import { ago, exact } from '../format/times'
import { CompareVersions } from './CompareVersions'
import { useShown } from './useDataset'
import classes from './VersionsTab.module.css'

const VersionChanges = lazy(() => import('./VersionChanges'))

export default function VersionsTab({ dataset }: { dataset: Dataset }) {
  const versions = dataset.versions.toSorted((one, other) => other.number - one.number)
  const newest = versions.find((version) => version.published_at)
  if (versions.length === 0) return <p className="soft">No version yet: the first file makes one.</p>
  return (
    <div className="stack">
      <CompareVersions dataset={dataset} />
      <ol className={classes.line}>
        {versions.map((version) => (
          <Version key={version.number} dataset={dataset} version={version} isNewest={version === newest} />
        ))}
      </ol>
    </div>
  )
}

function Version({ dataset, version, isNewest }: { dataset: Dataset; version: VersionOut; isNewest: boolean }) {
  const [isOpen, setOpen] = useState(false)
  const [search, show] = useShown()
  const isShown = search.version === undefined ? isNewest : search.version === version.number
  return (
    <li className={classes.version} data-newest={isNewest || undefined} data-shown={isShown || undefined}>
      <div className="grow">
        <h2>
          Version {version.number}
          {isNewest && <span className={classes.tag}>what readers see</span>}
          {!version.published_at && <span className={classes.tag}>not published</span>}
        </h2>
        <p className="soft small">
          {typeof version.rows === 'number' && counted(version.rows, 'row')}
          {version.published_at && (
            <>
              {' · '}
              <time dateTime={version.published_at} title={exact(version.published_at)}>
                {ago(version.published_at)}
              </time>
            </>
          )}
          {version.upload && (
            <>
              {' · '}
              <Link to="/uploads/$id" params={{ id: version.upload }}>
                its upload
              </Link>
            </>
          )}
        </p>
      </div>
      <Button variant="default" size="xs" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        What it changed
      </Button>
      <Button variant="default" size="xs" disabled={isShown} onClick={() => show({ version: isNewest ? undefined : version.number, tab: 'rows' })}>
        {isShown ? 'Shown' : 'Look at it'}
      </Button>
      {isNewest && version.upload && <Undo id={version.upload} number={version.number} />}
      {isOpen && (
        <div className={classes.below}>
          <Suspense fallback={null}>
            <VersionChanges dataset={dataset} version={version.number} />
          </Suspense>
        </div>
      )}
    </li>
  )
}

function Undo({ id, number }: { id: string; number: number }) {
  const act = useUploadAction({ id, file_name: `Version ${number}` })
  return (
    <Button variant="default" size="xs" loading={act.isPending} onClick={() => act.mutate('undo')}>
      Undo
    </Button>
  )
}
