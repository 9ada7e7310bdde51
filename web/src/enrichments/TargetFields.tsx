/** Which column of which dataset is looked up, and which fields of the answers become columns. */
import { ActionIcon, Autocomplete, Button, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import classes from '../sources/SourcesPage.module.css'
import own from './Enrichments.module.css'
import type { FormProps } from './EnrichmentForm'
import type { FieldForm } from './form'
import { useColumnTitles, useDatasetNames } from './useEnrichments'

const FIELDS_MAX = 100
const SHOWN = 30

export function ColumnFields({ form, isNew, onChange }: FormProps & { isNew: boolean }) {
  const names = useDatasetNames()
  const titles = useColumnTitles(form.dataset)
  return (
    <fieldset className={classes.group}>
      <legend>What is looked up</legend>
      <div className={classes.fields}>
        <Autocomplete label="Dataset" data={names} limit={SHOWN} required disabled={!isNew} value={form.dataset} onChange={(dataset) => onChange({ dataset })} />
        <Autocomplete label="Column" description="Its values go to the API." data={[...new Set(titles)]} limit={SHOWN} required value={form.column} onChange={(column) => onChange({ column })} />
      </div>
    </fieldset>
  )
}

export function AnswerFields({ form, onChange }: FormProps) {
  const set = (place: number, change: Partial<FieldForm>) => onChange({ fields: form.fields.map((one, number) => (number === place ? { ...one, ...change } : one)) })
  const remove = (place: number) => onChange({ fields: form.fields.filter((_, number) => number !== place) })
  return (
    <fieldset className={classes.group}>
      <legend>What becomes of the answers</legend>
      <p className="soft small">A column that the dataset has already is filled; else it is a new one.</p>
      <ul className={own.answers}>
        {form.fields.map((one, place) => (
          <li key={place}>
            <TextInput label={`Field ${place + 1} of a record`} placeholder="name.common" required spellCheck={false} value={one.field} onChange={(event) => set(place, { field: event.currentTarget.value })} />
            <TextInput label={`Column for field ${place + 1}`} placeholder="Country name" required value={one.title} onChange={(event) => set(place, { title: event.currentTarget.value })} />
            <ActionIcon aria-label={`Leave out field ${place + 1}`} size="lg" disabled={form.fields.length === 1} onClick={() => remove(place)}>
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </li>
        ))}
      </ul>
      <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} disabled={form.fields.length >= FIELDS_MAX} onClick={() => onChange({ fields: [...form.fields, { field: '', title: '' }] })}>
        One more field
      </Button>
    </fieldset>
  )
}
