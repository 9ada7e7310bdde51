/** Where a source fetches from: the fields of its kind; of an API also how it gives its pages. */
import { NativeSelect, Textarea, TextInput } from '@mantine/core'
import { PAGINGS, PLACE_FIELDS, type PlaceField } from './place'
import type { FormProps } from './SourceForm'
import classes from './SourcesPage.module.css'

export function PlaceFields({ form, onChange }: FormProps) {
  const by = form.place['paging.by'] ?? 'none'
  const set = (name: string, text: string) => onChange({ place: { ...form.place, [name]: text } })
  const field = (one: PlaceField, name: string) => <Field key={name} field={one} text={form.place[name] ?? ''} onText={(text) => set(name, text)} />
  return (
    <fieldset className={classes.group}>
      <legend>Where it is</legend>
      <div className={classes.fields}>
        {PLACE_FIELDS[form.kind].map((one) => field(one, one.name))}
        {form.kind === 'api' && (
          <NativeSelect
            label="Its pages"
            data={Object.entries(PAGINGS).map(([value, { label }]) => ({ value, label }))}
            value={by}
            onChange={(event) => set('paging.by', event.currentTarget.value)}
          />
        )}
        {form.kind === 'api' && PAGINGS[by]?.fields.map((one) => field(one, `paging.${one.name}`))}
      </div>
    </fieldset>
  )
}

interface Props {
  field: PlaceField
  text: string
  onText: (text: string) => void
}

function Field({ field, text, onText }: Props) {
  const props = {
    label: field.label,
    description: field.hint,
    placeholder: field.placeholder,
    required: field.isNeeded,
    value: text,
    spellCheck: false,
    autoComplete: 'off',
    className: field.isLong || field.name === 'url' ? classes.whole : undefined,
  }
  if (field.isLong) return <Textarea {...props} rows={field.isNeeded ? 4 : 2} onChange={(event) => onText(event.currentTarget.value)} />
  return <TextInput {...props} onChange={(event) => onText(event.currentTarget.value)} />
}
