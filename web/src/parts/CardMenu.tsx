/** What can be done with the thing of a card: change it, do all of it again, remove it. */
import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconPencil, IconRefresh, IconTrash } from '@tabler/icons-react'

interface Props {
  name: string
  again?: { label: string; act: () => void }
  onEdit: () => void
  onRemove: () => void
}

export function CardMenu({ name, again, onEdit, onRemove }: Props) {
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={`Actions for ${name}`}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={onEdit}>
          Change
        </Menu.Item>
        {again && (
          <Menu.Item leftSection={<IconRefresh size={16} aria-hidden />} onClick={again.act}>
            {again.label}
          </Menu.Item>
        )}
        <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={onRemove}>
          Remove
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
