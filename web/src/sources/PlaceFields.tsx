/** Where it fetches from: the fields of its kind; of an API also how it gives its pages. */
import { NativeSelect, Textarea, TextInput } from '@mantine/core'
import { PAGINGS, type Place, type PlaceField } from './place'
import classes from './SourcesPage.module.css'

interface Props {
  fields: readonly PlaceField[]
  hasPages: boolean
  place: Place
  onChange: (change: { place: Place }) => void
}

export function PlaceFields({ fields, hasPages, place, onChange }: Props) {
  const by = place['paging.by'] ?? 'none'
  const set = (name: string, text: string) => onChange({ place: { ...place, [name]: text } })
  const field = (one: PlaceField, name: string) => <Field key={name} field={one} text={place[name] ?? ''} onText={(text) => set(name, text)} />
  return (
    <fieldset className={classes.group}>
      <legend>Where it is</legend>
      <div className={classes.fields}>
        {fields.map((one) => field(one, one.name))}
        {hasPages && (
          <NativeSelect
            label="Its pages"
            data={Object.entries(PAGINGS).map(([value, { label }]) => ({ value, label }))}
            value={by}
            onChange={(event) => set('paging.by', event.currentTarget.value)}
          />
        )}
        {hasPages && PAGINGS[by]?.fields.map((one) => field(one, `paging.${one.name}`))}
      </div>
    </fieldset>
  )
}

interface FieldProps {
  field: PlaceField
  text: string
  onText: (text: string) => void
}

function Field({ field, text, onText }: FieldProps) {
  if (field.choices) return <NativeSelect label={field.label} description={field.hint} data={[...field.choices]} value={text} onChange={(event) => onText(event.currentTarget.value)} />
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
