/** The menu at the end of an upload's line. */
import { ActionIcon, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArrowBackUp, IconBan, IconCheck, IconDots, IconDownload, IconPencil, IconRefresh, IconTrash, IconX } from '@tabler/icons-react'
import { fileUrl, rejectsUrl } from '../api/addresses'
import type { Upload } from '../api/schema'
import { Confirm } from '../parts/Confirm'
import { Rename } from '../parts/Rename'
import { type Action, ACTION_LABELS, actionsFor, useRename, useUploadAction } from './uploadActions'

const ICONS = { cancel: IconBan, publish: IconCheck, discard: IconX, undo: IconArrowBackUp, retry: IconRefresh, remove: IconTrash } as const

export function UploadMenu({ upload }: { upload: Upload }) {
  const act = useUploadAction(upload)
  const rename = useRename(upload)
  const [naming, name] = useDisclosure(false)
  const [removing, remove] = useDisclosure(false)
  const run = (action: Action) => (action === 'remove' ? remove.open() : act.mutate(action))
  const hasFile = upload.sha256 !== null && upload.state !== 'UNCHANGED'
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={`Actions for ${upload.file_name}`}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {actionsFor(upload).map((action) => {
            const Icon = ICONS[action]
            return (
              <Menu.Item key={action} leftSection={<Icon size={16} aria-hidden />} color={action === 'remove' ? 'red' : undefined} onClick={() => run(action)}>
                {ACTION_LABELS[action]}
              </Menu.Item>
            )
          })}
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={name.open}>
            Rename
          </Menu.Item>
          {hasFile && (
            <Menu.Item component="a" href={fileUrl(upload.id)} leftSection={<IconDownload size={16} aria-hidden />}>
              Download the file
            </Menu.Item>
          )}
          {upload.rejects > 0 && (
            <Menu.Item component="a" href={rejectsUrl(upload.id)} download={`${upload.file_name} rejects.csv`} leftSection={<IconDownload size={16} aria-hidden />}>
              Download the rejects
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {naming && <Rename what="file" name={upload.file_name} onClose={name.close} onRename={(next) => rename.mutate(next)} />}
      {removing && (
        <Confirm title={`Remove ${upload.file_name}?`} action="Remove" onClose={remove.close} onConfirm={() => act.mutate('remove')}>
          {upload.state === 'COMPLETE'
            ? 'Its rows are taken out of the dataset, as if it had never been loaded. Its file and rejects go, too.'
            : 'It is forgotten, with its file and its rejects. The dataset does not change.'}
        </Confirm>
      )}
    </>
  )
}
