/** Into which dataset the files of a source go, and how. */
import { NativeSelect, Textarea, TextInput } from '@mantine/core'
import type { FormProps } from './SourceForm'
import classes from './SourcesPage.module.css'

const MODES = [
  { value: 'replace', label: 'In the place of all rows' },
  { value: 'append', label: 'Behind the rows that are there' },
  { value: 'upsert', label: 'Update by key' },
  { value: 'update', label: 'Change known rows only, by key' },
  { value: 'delete', label: 'Delete the rows of these keys' },
]
const WARNINGS = [
  { value: '', label: 'Published all the same' },
  { value: 'hold', label: 'Held, until somebody has looked' },
]
const BY_KEY = new Set(['upsert', 'update', 'delete'])

export function LoadFields({ form, onChange }: FormProps) {
  const { options } = form
  const set = (name: string, value: string) => onChange({ options: { ...options, [name]: value } })
  return (
    <fieldset className={classes.group}>
      <legend>Into what it goes</legend>
      <div className={classes.fields}>
        <TextInput label="Dataset" required value={form.dataset} onChange={(event) => onChange({ dataset: event.currentTarget.value })} />
        <NativeSelect label="Its rows go" data={MODES} value={options['mode'] || 'append'} onChange={(event) => set('mode', event.currentTarget.value)} />
        <TextInput
          label="Key"
          description="Titles of the columns that name a row."
          placeholder="sku"
          required={BY_KEY.has(options['mode'] ?? '')}
          value={options['key'] ?? ''}
          onChange={(event) => set('key', event.currentTarget.value)}
        />
        <NativeSelect label="A file with warnings is" data={WARNINGS} value={options['on_warning'] ?? ''} onChange={(event) => set('on_warning', event.currentTarget.value)} />
        <Textarea
          className={classes.whole}
          label="Further options of its uploads"
          description="A line for each: delimiter=semicolon, max_rejects=5%, types=price:decimal(1.234,56)."
          rows={2}
          spellCheck={false}
          value={form.further}
          onChange={(event) => onChange({ further: event.currentTarget.value })}
        />
      </div>
    </fieldset>
  )
}
