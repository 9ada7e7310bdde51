/** What stands above the grid while rows are edited: what can be done, what was done last, the way to take it back. */
import { Alert, Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArrowBackUp, IconPlus, IconRowRemove } from '@tabler/icons-react'
import { useMay } from '../access/useMe'
import type { Dataset, RowOut } from '../api/schema'
import { Confirm } from '../parts/Confirm'
import { asText } from '../parts/values'
import { AddRow } from './AddRow'
import classes from './EditBar.module.css'
import type { RowState } from './session'
import type { Editing } from './useEditing'

interface Props {
  dataset: Dataset
  editing: Editing
  /** The one in which the grid's cursor stands. */
  row: RowOut | undefined
  state: RowState
  onAdded: () => void
}

export function EditBar({ dataset, editing, row, state, onAdded }: Props) {
  const { session, isSaving, refused } = editing
  const mayUndo = useMay('manage')
  const [adding, add] = useDisclosure(false)
  const [removing, remove] = useDisclosure(false)
  if (!session) return null
  const last = session.edits.at(-1)
  const isOvertaken = !isSaving && dataset.version > session.version
  const drop = () => row && editing.remove(row)
  return (
    <section className={classes.bar} aria-label="Editing">
      <div className="row apart">
        <p className={`${classes.hint} small grow`}>
          Enter, F2 or a second click changes a cell. Enter saves it, Escape leaves it as it was; an emptied one has no value (Ctrl+Enter: an empty text). Each change is a version.
        </p>
        <div className="row">
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={add.open}>
            Add a row
          </Button>
          <Button size="xs" variant="default" leftSection={<IconRowRemove size={14} aria-hidden />} disabled={!row || state !== undefined} onClick={mayUndo ? drop : remove.open}>
            Delete the row
          </Button>
          <Button size="xs" onClick={editing.end}>
            Done
          </Button>
        </div>
      </div>
      <div className="row" role="status">
        {isSaving && <span className="soft small">Saving…</span>}
        {!isSaving && last && (
          <>
            <span className={`${classes.told} small`}>
              <bdi>{last.text}</bdi>
            </span>
            {mayUndo && (
              <Button size="compact-xs" variant="subtle" leftSection={<IconArrowBackUp size={14} aria-hidden />} onClick={editing.undo}>
                Undo
              </Button>
            )}
          </>
        )}
      </div>
      {(refused || isOvertaken) && (
        <Alert color={refused ? 'red' : 'yellow'} variant="light" radius="md" p="xs" role="alert">
          <div className="row apart">
            <span className="grow">{refused ?? `Version ${dataset.version} came meanwhile, from somebody else. You see the rows as they were.`}</span>
            {isOvertaken && (
              <Button size="compact-sm" variant="default" onClick={editing.begin}>
                Show version {dataset.version}
              </Button>
            )}
          </div>
        </Alert>
      )}
      {adding && <AddRow dataset={dataset} onAdd={editing.add} onAdded={onAdded} onClose={add.close} />}
      {removing && row && (
        <Confirm title="Delete this row?" action="Delete" onClose={remove.close} onConfirm={drop}>
          <bdi>{Object.values(row.values as Record<string, unknown>).map(asText).filter(Boolean).slice(0, 4).join(', ')}</bdi>: whoever may manage the dataset can take it back.
        </Confirm>
      )}
    </section>
  )
}
