/** A new row: a field for each column. What is left empty has no value. */
import { Alert, Button, Modal, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { type ChangeEvent, type FormEvent, useState } from 'react'
import type { ColumnOut, Dataset } from '../api/schema'
import type { Texts } from './requests'
import { refusedText } from './told'

interface Props {
  dataset: Dataset
  onAdd: (values: Texts) => Promise<void>
  onAdded: () => void
  onClose: () => void
}

export function AddRow({ dataset, onAdd, onAdded, onClose }: Props) {
  const [texts, setTexts] = useState<Texts>({})
  const [refused, setRefused] = useState('')
  const [isSaving, setSaving] = useState(false)
  const filled = Object.entries(texts).filter(([, text]) => text !== '')

  async function submit(event: FormEvent) {
    event.preventDefault()
    setSaving(true)
    try {
      await onAdd(Object.fromEntries(filled))
      onAdded()
      onClose()
    } catch (error) {
      setRefused(refusedText(error))
    } finally {
      setSaving(false)
    }
  }

  return (
    <Modal opened onClose={onClose} title={`A new row in ${dataset.title}`} size="lg">
      <form className="stack" onSubmit={(event) => void submit(event)}>
        {refused && (
          <Alert color="red" variant="light" radius="md" role="alert">
            {refused}
          </Alert>
        )}
        {dataset.columns.map((column, number) => (
          <Field key={column.name} column={column} isFirst={number === 0} text={texts[column.name] ?? ''} onText={(text) => setTexts((now) => ({ ...now, [column.name]: text }))} />
        ))}
        <div className="row apart">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={isSaving} disabled={filled.length === 0}>
            Add
          </Button>
        </div>
      </form>
    </Modal>
  )
}

interface FieldProps {
  column: ColumnOut
  isFirst: boolean
  text: string
  onText: (text: string) => void
}

function Field({ column, isFirst, text, onText }: FieldProps) {
  const props = {
    label: column.title || column.name,
    value: text,
    'data-autofocus': isFirst || undefined,
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) => onText(event.currentTarget.value),
  }
  if (column.type === 'boolean') return <NativeSelect {...props} data={[{ value: '', label: '–' }, 'true', 'false']} />
  if (column.type === 'text') return <Textarea {...props} dir="auto" autosize maxRows={8} />
  return <TextInput {...props} description={column.format ? `${column.type} ${column.format}` : column.type} autoComplete="off" />
}
