/** A dataset: its rows to search and look through, its columns, its versions, its groups. What is shown stands in the address. */
import { Button, Skeleton, Tabs } from '@mantine/core'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import type { Dataset } from '../api/schema'
import { count, counted } from '../format/numbers'
import { Refused } from '../shell/Refused'
import { DatasetMenu } from './DatasetMenu'
import { Exports } from './Exports'
import { HeldVersions } from './HeldVersions'
import { RowsTab } from './RowsTab'
import { TABS, type Tab } from './state'
import { useDataset, useShown } from './useDataset'

const ColumnsTab = lazy(() => import('./ColumnsTab'))
const ColumnDrawer = lazy(() => import('./ColumnDrawer'))
const VersionsTab = lazy(() => import('./VersionsTab'))
const GroupsTab = lazy(() => import('../groups/GroupsTab'))
const LABELS: Readonly<Record<Tab, string>> = { rows: 'Rows', columns: 'Columns', versions: 'Versions', groups: 'Groups' }

export function DatasetPage() {
  const { name } = useParams({ from: '/datasets/$name' })
  const [search, show] = useShown()
  const dataset = useDataset(name, search.version)
  if (dataset.isPending) return <Skeleton height={420} radius="lg" />
  if (!dataset.data) return <Refused error={dataset.error} onRetry={() => void dataset.refetch()} />
  const tab = search.tab ?? 'rows'
  const isEmpty = dataset.data.columns.length === 0
  const column = dataset.data.columns.find((one) => one.name === search.column)
  return (
    <div className="stack">
      <Head dataset={dataset.data} />
      <HeldVersions dataset={dataset.data} />
      <Tabs value={tab} onChange={(next) => show({ tab: TABS.find((one) => one === next) })} keepMounted={false}>
        <Tabs.List mb="md">
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {LABELS[one]}
              {one === 'columns' && <span className="soft"> {count(dataset.data.columns.length)}</span>}
              {one === 'versions' && <span className="soft"> {count(dataset.data.versions.length)}</span>}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {isEmpty && tab !== 'versions' && <NoVersion dataset={dataset.data} />}
        <Tabs.Panel value="rows">{!isEmpty && <RowsTab dataset={dataset.data} />}</Tabs.Panel>
        <Suspense fallback={<Skeleton height={300} radius="lg" />}>
          <Tabs.Panel value="columns">
            {!isEmpty && <ColumnsTab dataset={dataset.data} />}
          </Tabs.Panel>
          <Tabs.Panel value="versions">
            <VersionsTab dataset={dataset.data} />
          </Tabs.Panel>
          <Tabs.Panel value="groups">
            {!isEmpty && <GroupsTab dataset={dataset.data} />}
          </Tabs.Panel>
        </Suspense>
      </Tabs>
      <Suspense>{column && <ColumnDrawer dataset={dataset.data} column={column} />}</Suspense>
    </div>
  )
}

/** Its first file is on its way, or was undone, or waits. */
function NoVersion({ dataset }: { dataset: Dataset }) {
  return (
    <section className="card stack tight">
      <h2>Nothing to see here yet</h2>
      <p className="soft">
        No version of it is published: its first file is under way, waits for you, failed, or was undone.{' '}
        <Link to="/" search={{ dataset: dataset.name }}>
          Its uploads
        </Link>{' '}
        tell which; any file that you add to it makes a new version.
      </p>
    </section>
  )
}

function Head({ dataset }: { dataset: Dataset }) {
  const [search, show] = useShown()
  const navigate = useNavigate()
  const newest = Math.max(dataset.version, ...dataset.versions.filter((version) => version.published_at).map((version) => version.number))
  const isOld = search.version !== undefined && search.version !== newest
  return (
    <div className="row apart">
      <div className="grow">
        <h1 className="clip">
          <bdi>{dataset.title}</bdi>
        </h1>
        <p className="soft numbers">
          {dataset.columns.length === 0 ? 'No version yet' : `${counted(dataset.rows ?? 0, 'row')} · ${counted(dataset.columns.length, 'column')} · version ${search.version ?? dataset.version}`}
        </p>
      </div>
      <div className="row">
        {isOld && (
          <Button variant="light" size="sm" onClick={() => show({ version: undefined })}>
            Back to the newest version
          </Button>
        )}
        <Button variant="default" size="sm" onClick={() => void navigate({ to: '/', search: { dataset: dataset.name } })}>
          Its uploads
        </Button>
        <Exports dataset={dataset.name} />
        <DatasetMenu dataset={dataset} />
      </div>
    </div>
  )
}
