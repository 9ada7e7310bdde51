/** What can be done with a dataset as a whole. */
import { ActionIcon, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDots, IconPencil, IconSettings, IconTag, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useMay } from '../access/useMe'
import { api, take } from '../api/client'
import type { Dataset, DatasetChanges } from '../api/schema'
import { count } from '../format/numbers'
import { Confirm } from '../parts/Confirm'
import { Rename } from '../parts/Rename'
import { useNotices } from '../shell/notices'

const SettingsDrawer = lazy(() => import('./SettingsDrawer'))

export function DatasetMenu({ dataset }: { dataset: Dataset }) {
  const mayManage = useMay('manage')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const notices = useNotices()
  const [naming, setNaming] = useState<'name' | 'title' | null>(null)
  const [removing, remove] = useDisclosure(false)
  const [setting, set] = useDisclosure(false)
  const params = { path: { name: dataset.name } }
  const change = useMutation({
    mutationFn: (body: DatasetChanges) => take(api.PATCH('/api/datasets/{name}', { params, body })),
    onSuccess: (changed) => {
      void queries.invalidateQueries()
      if (changed.name !== dataset.name) void navigate({ to: '/datasets/$name', params: { name: changed.name }, replace: true })
    },
    onError: (error) => notices.failed(error),
  })
  const removal = useMutation({
    mutationFn: () => take(api.DELETE('/api/datasets/{name}', { params })),
    onSuccess: () => {
      notices.done(`${dataset.title} is removed.`)
      void navigate({ to: '/datasets' })
      void queries.invalidateQueries({ queryKey: ['datasets'] })
    },
    onError: (error) => notices.failed(error),
  })
  if (!mayManage) return null
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon size="lg" aria-label={`Actions for ${dataset.title}`}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconSettings size={16} aria-hidden />} onClick={set.open}>
            Settings
          </Menu.Item>
          <Menu.Item leftSection={<IconTag size={16} aria-hidden />} onClick={() => setNaming('title')}>
            Another title
          </Menu.Item>
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setNaming('name')}>
            Rename
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={remove.open}>
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {naming && <Rename what={naming === 'name' ? 'dataset' : 'title'} name={dataset[naming]} onClose={() => setNaming(null)} onRename={(next) => change.mutate({ hold: false, [naming]: next })} />}
      <Suspense>{setting && <SettingsDrawer dataset={dataset} onClose={set.close} />}</Suspense>
      {removing && (
        <Confirm title={`Remove ${dataset.title}?`} action="Remove" onClose={remove.close} onConfirm={() => removal.mutate()}>
          All {count(dataset.rows ?? 0)} rows go, with every version and every file of it. That cannot be taken back.
        </Confirm>
      )}
    </>
  )
}
