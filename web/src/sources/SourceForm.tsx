/** A source to make or to change: where the file is, the secret that it takes, into what it goes, and when. */
import { Alert, Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Source } from '../api/schema'
import { useNotices } from '../shell/notices'
import { changesOf, emptyForm, formOf, newSource, SECRET_KINDS, type SourceForm as Form } from './form'
import { LoadFields } from './LoadFields'
import { type Kind, KINDS, PLACE_FIELDS } from './place'
import { PlaceFields } from './PlaceFields'
import { ScheduleFields } from './ScheduleFields'
import { SecretFields } from './SecretFields'
import classes from './SourcesPage.module.css'
import { useKeepSource } from './useSources'

export interface FormProps {
  form: Form
  onChange: (change: Partial<Form>) => void
}

interface Props {
  /** Null: a new one. */
  source: Source | null
  onClose: () => void
}

export default function SourceForm({ source, onClose }: Props) {
  const notices = useNotices()
  const keep = useKeepSource(source?.name ?? null)
  const [form, setForm] = useState<Form>(() => (source ? formOf(source) : emptyForm(Intl.DateTimeFormat().resolvedOptions().timeZone)))
  const change = (part: Partial<Form>) => setForm((now) => ({ ...now, ...part }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    keep.mutate(source ? { changes: changesOf(form) } : { made: newSource(form) }, {
      onSuccess: () => {
        notices.done(source ? `${form.name} is changed.` : `${form.name} is there. “Run now” fetches it at once.`)
        onClose()
      },
    })
  }
  return (
    <Modal opened onClose={onClose} title={source ? `Change ${source.name}` : 'A new source'} size="xl">
      <form className="stack" onSubmit={submit}>
        {!source && <Naming form={form} onChange={change} />}
        <PlaceFields fields={PLACE_FIELDS[form.kind]} hasPages={form.kind === 'api'} place={form.place} onChange={change} />
        {SECRET_KINDS[form.kind].length > 1 && (
          <SecretFields secret={form.secret} kinds={SECRET_KINDS[form.kind]} isS3={form.kind === 's3'} hasOne={source?.has_secret ?? false} onChange={change} />
        )}
        <LoadFields form={form} onChange={change} />
        <ScheduleFields label="It is fetched" form={form} onChange={change} />
        {keep.isError && (
          <Alert color="red" variant="light" radius="md" role="alert">
            {keep.error.message}
          </Alert>
        )}
        <div className="row apart">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={keep.isPending}>
            {source ? 'Change it' : 'Add it'}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

/** What cannot be changed afterwards. */
function Naming({ form, onChange }: FormProps) {
  const kinds = Object.entries(KINDS).map(([value, label]) => ({ value, label }))
  const choose = (kind: Kind) => onChange({ kind, place: {}, secret: { ...form.secret, kind: 'none' } })
  const name = (text: string) => onChange({ name: text, dataset: form.dataset === form.name ? text : form.dataset })
  return (
    <div className={classes.fields}>
      <NativeSelect label="What it is" data={kinds} value={form.kind} onChange={(event) => choose(event.currentTarget.value as Kind)} data-autofocus />
      <TextInput
        label="Its name"
        placeholder="nightly-prices"
        pattern="[a-z0-9][a-z0-9_\-]{0,59}"
        title="Small letters, digits, - and _"
        required
        value={form.name}
        onChange={(event) => name(event.currentTarget.value)}
      />
    </div>
  )
}
