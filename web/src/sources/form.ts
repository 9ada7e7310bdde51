/** The form of a source: what it holds, from a source that is there, and what is sent. Pure. */
import type { NewSource, Source, SourceChanges } from '../api/schema'
import { type Kind, type Place, readHeaders, readPlace, settingsOf } from './place'
import { NEVER, readSchedule, type Schedule, writeSchedule } from './schedule'

/** `keep`: the one that is there, which nobody can read. */
export type SecretKind = 'keep' | 'none' | 'token' | 'user' | 'headers'
export const SECRET_KINDS: Readonly<Record<Kind, readonly SecretKind[]>> = {
  url: ['none', 'token', 'user', 'headers'],
  api: ['none', 'token', 'user', 'headers'],
  s3: ['none', 'user'],
  database: ['none', 'user'],
  folder: ['none'],
}

export interface SecretForm {
  kind: SecretKind
  token: string
  user: string
  password: string
  headers: string
}

export interface SourceForm {
  name: string
  kind: Kind
  dataset: string
  place: Place
  secret: SecretForm
  /** Upload options by name. */
  options: Readonly<Record<string, string>>
  /** `name=value`, a line for each, of those that have no field of their own. */
  further: string
  schedule: Schedule
  zone: string
  jitterS: number
}

const WITH_FIELDS = new Set(['mode', 'key', 'on_warning'])

export const NO_SECRET: SecretForm = { kind: 'none', token: '', user: '', password: '', headers: '' }

export function emptyForm(zone: string): SourceForm {
  return { name: '', kind: 'url', dataset: '', place: {}, secret: NO_SECRET, options: { mode: 'replace' }, further: '', schedule: { ...NEVER, rhythm: 'daily' }, zone, jitterS: 0 }
}

export function formOf(source: Source): SourceForm {
  const options = Object.entries(source.options)
  return {
    name: source.name,
    kind: source.kind,
    dataset: source.dataset,
    place: readPlace(source.settings),
    secret: { ...NO_SECRET, kind: source.has_secret ? 'keep' : 'none' },
    options: Object.fromEntries(options.filter(([name]) => WITH_FIELDS.has(name))),
    further: options.filter(([name]) => !WITH_FIELDS.has(name)).map(([name, value]) => `${name}=${value}`).join('\n'),
    schedule: readSchedule(source.schedule),
    zone: source.time_zone,
    jitterS: source.jitter_s,
  }
}

export function secretOf({ kind, token, user, password, headers }: SecretForm): NewSource['secret'] {
  if (kind === 'token') return { token }
  if (kind === 'user') return { user, password }
  return kind === 'headers' ? { headers: readHeaders(headers) } : null
}

function optionsOf({ options, further }: SourceForm): Record<string, string> {
  const lines = further.split('\n').map((line) => /^\s*([a-z_]+)\s*=(.*)$/.exec(line))
  const said = lines.flatMap((line) => (line?.[1] ? [[line[1], line[2] ?? '']] : []))
  return { ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== '')), ...Object.fromEntries(said) }
}

export function newSource(form: SourceForm): NewSource {
  const { name, kind, dataset } = form
  return { name, kind, dataset, secret: secretOf(form.secret), ...changeable(form) }
}

export function changesOf(form: SourceForm): SourceChanges {
  const changes = { dataset: form.dataset, ...changeable(form) }
  return form.secret.kind === 'keep' ? changes : { ...changes, secret: secretOf(form.secret) }
}

function changeable(form: SourceForm) {
  return { settings: settingsOf(form.kind, form.place), options: optionsOf(form), schedule: writeSchedule(form.schedule), time_zone: form.zone, jitter_s: form.jitterS }
}
