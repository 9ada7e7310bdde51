/** An enrichment to make or to change: what is looked up, where, what becomes of the answers, and when; tried on ten rows before it is kept. */
import { Alert, Button, Checkbox, Modal, NativeSelect, TextInput } from '@mantine/core'
import { type FormEvent, useRef, useState } from 'react'
import type { Enrichment } from '../api/schema'
import { useNotices } from '../shell/notices'
import { SECRET_KINDS } from '../sources/form'
import { PlaceFields } from '../sources/PlaceFields'
import { ScheduleFields } from '../sources/ScheduleFields'
import { SecretFields } from '../sources/SecretFields'
import classes from '../sources/SourcesPage.module.css'
import own from './Enrichments.module.css'
import { changesOf, type EnrichmentForm as Form, emptyForm, formOf, newEnrichment, PLACE_FIELDS, problemOf, triedEnrichment } from './form'
import { PreviewRows } from './PreviewRows'
import { AnswerFields, ColumnFields } from './TargetFields'
import { useKeepEnrichment, useTryEnrichment } from './useEnrichments'
import { KINDS, type Kind } from './words'

export interface FormProps {
  form: Form
  onChange: (change: Partial<Form>) => void
}

interface Props {
  /** Null: a new one. */
  enrichment: Enrichment | null
  /** Of a new one, where they are known. */
  dataset?: string
  column?: string
  onClose: () => void
}

export default function EnrichmentForm({ enrichment, dataset = '', column = '', onClose }: Props) {
  const notices = useNotices()
  const keep = useKeepEnrichment(enrichment?.name ?? null)
  const attempt = useTryEnrichment()
  const element = useRef<HTMLFormElement>(null)
  const [form, setForm] = useState<Form>(() => (enrichment ? formOf(enrichment) : emptyForm(Intl.DateTimeFormat().resolvedOptions().timeZone, dataset, column)))
  const change = (part: Partial<Form>) => {
    attempt.reset() // what it came to was said of another form
    keep.reset()
    setForm((now) => ({ ...now, ...part }))
  }
  const problem = problemOf(form)
  const tryIt = () => {
    if (problem === '' && element.current?.reportValidity()) attempt.mutate(triedEnrichment(form))
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (problem !== '') return
    keep.mutate(enrichment ? { changes: changesOf(form) } : { made: newEnrichment(form) }, {
      onSuccess: () => {
        notices.done(enrichment ? `${form.name} is changed.` : `${form.name} is there. “Run now” looks all values up.`)
        onClose()
      },
    })
  }
  const refusal = problem || (keep.error ?? attempt.error)?.message
  return (
    <Modal opened onClose={onClose} title={enrichment ? `Change ${enrichment.name}` : 'A new enrichment'} size="xl">
      <form className="stack" ref={element} onSubmit={submit}>
        {!enrichment && <Naming form={form} onChange={change} />}
        <ColumnFields form={form} isNew={!enrichment} onChange={change} />
        <PlaceFields fields={PLACE_FIELDS[form.kind]} hasPages={form.kind === 'list'} place={form.place} onChange={change} />
        <SecretFields secret={form.secret} kinds={SECRET_KINDS.api} hasOne={enrichment?.has_secret ?? false} onChange={change} />
        <AnswerFields form={form} onChange={change} />
        <Checks form={form} onChange={change} />
        <ScheduleFields label="All rows are looked up" form={form} onChange={change} />
        {attempt.isSuccess && <PreviewRows preview={attempt.data} column={form.column} />}
        {refusal && (
          <Alert color="red" variant="light" radius="md" role="alert">
            {refusal}
          </Alert>
        )}
        <div className="row apart">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <div className="row">
            <Button variant="default" loading={attempt.isPending} onClick={tryIt}>
              Try on ten rows
            </Button>
            <Button type="submit" loading={keep.isPending}>
              {enrichment ? 'Change it' : 'Add it'}
            </Button>
          </div>
        </div>
      </form>
    </Modal>
  )
}

/** What cannot be changed afterwards. */
function Naming({ form, onChange }: FormProps) {
  const kinds = Object.entries(KINDS).map(([value, label]) => ({ value, label }))
  return (
    <div className={classes.fields}>
      <NativeSelect label="How it asks" data={kinds} value={form.kind} onChange={(event) => onChange({ kind: event.currentTarget.value as Kind, place: {} })} data-autofocus />
      <TextInput
        label="Its name"
        placeholder="country-names"
        pattern="[a-z0-9][a-z0-9_\-]{0,59}"
        title="Small letters, digits, - and _"
        required
        value={form.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
    </div>
  )
}

function Checks({ form, onChange }: FormProps) {
  return (
    <div className={own.checks}>
      <Checkbox label="After each upload, for its new rows" checked={form.onUpload} onChange={(event) => onChange({ onUpload: event.currentTarget.checked })} />
      <Checkbox label="Let me look before readers see it, where a look-up failed" checked={form.onWarning === 'hold'} onChange={(event) => onChange({ onWarning: event.currentTarget.checked ? 'hold' : 'publish' })} />
    </div>
  )
}
