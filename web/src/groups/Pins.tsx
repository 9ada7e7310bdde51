/** The pinned groups of a dataset, side by side: its small dashboard. */
import { ActionIcon, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArrowLeft, IconArrowRight, IconDots, IconPencil, IconPinnedOff, IconZoomIn } from '@tabler/icons-react'
import { useMay } from '../access/useMe'
import type { Dataset } from '../api/schema'
import { Rename } from '../parts/Rename'
import { textOf } from './group'
import { GroupChart } from './GroupChart'
import classes from './Groups.module.css'
import { movedPin, type Pin } from './pinList'
import { useKeepPins } from './usePins'

const BARS_SHOWN = 8

interface Props {
  dataset: Dataset
  version: number
  onOpen: (pin: Pin) => void
  onRows: (pin: Pin, filters: readonly string[]) => void
}

export function Pins({ dataset, version, onOpen, onRows }: Props) {
  const { pins } = dataset
  const mayManage = useMay('manage')
  const keep = useKeepPins(dataset)
  if (pins.length === 0) return null
  return (
    <ul className={classes.pins} aria-label="Pinned">
      {pins.map((pin, place) => (
        <li key={`${place} ${pin.title}`} className={`card ${classes.pin}`} aria-label={pin.title}>
          <div className="row apart">
            <div className="grow">
              <h2 className="clip">
                <bdi>{pin.title}</bdi>
              </h2>
              <p className="soft small clip">
                <bdi>{[textOf(pin, dataset), pin.q, ...(pin.filter ?? [])].filter(Boolean).join(' · ')}</bdi>
              </p>
            </div>
            <PinMenu
              pin={pin}
              mayManage={mayManage}
              onOpen={() => onOpen(pin)}
              onMove={(by) => keep.mutate(movedPin(pins, place, by))}
              onRename={(title) => keep.mutate(pins.map((one, other) => (other === place ? { ...one, title } : one)))}
              onRemove={() => keep.mutate(pins.filter((_, other) => other !== place))}
            />
          </div>
          <GroupChart dataset={dataset} group={pin} version={version} barsShown={BARS_SHOWN} onRows={(filters) => onRows(pin, filters)} />
        </li>
      ))}
    </ul>
  )
}

interface MenuProps {
  pin: Pin
  mayManage: boolean
  onOpen: () => void
  onMove: (by: -1 | 1) => void
  onRename: (title: string) => void
  onRemove: () => void
}

function PinMenu({ pin, mayManage, onOpen, onMove, onRename, onRemove }: MenuProps) {
  const [naming, name] = useDisclosure(false)
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={`Actions for ${pin.title}`}>
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconZoomIn size={16} aria-hidden />} onClick={onOpen}>
            Look closer
          </Menu.Item>
          {mayManage && (
            <>
              <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={name.open}>
                Rename
              </Menu.Item>
              <Menu.Item leftSection={<IconArrowLeft size={16} aria-hidden />} onClick={() => onMove(-1)}>
                Move forward
              </Menu.Item>
              <Menu.Item leftSection={<IconArrowRight size={16} aria-hidden />} onClick={() => onMove(1)}>
                Move back
              </Menu.Item>
              <Menu.Item leftSection={<IconPinnedOff size={16} aria-hidden />} onClick={onRemove}>
                Unpin
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {naming && <Rename what="pin" name={pin.title} onClose={name.close} onRename={onRename} />}
    </>
  )
}
