/** What each kind of source asks for, as the form has it: a text for each setting; and the settings that the API takes. Pure. */
import type { Source } from '../api/schema'

export type Kind = Source['kind']
export const KINDS: Readonly<Record<Kind, string>> = {
  url: 'A file behind a URL',
  s3: 'Objects in S3',
  database: 'A query on a database',
  api: 'A JSON API',
  folder: 'A folder of the server',
}

export interface PlaceField {
  name: string
  label: string
  hint?: string
  placeholder?: string
  isNeeded?: boolean
  isLong?: boolean
  choices?: readonly { value: string; label: string }[]
}

export const HEADERS: PlaceField = { name: 'headers', label: 'Headers', hint: 'A line for each: Name: value. Secret ones belong below.', isLong: true }
const GLOB: PlaceField = { name: 'glob', label: 'Only names like', placeholder: '*.csv' }

export const PLACE_FIELDS: Readonly<Record<Kind, readonly PlaceField[]>> = {
  url: [{ name: 'url', label: 'URL', placeholder: 'https://supplier.example/prices.csv', isNeeded: true }, HEADERS],
  s3: [
    { name: 'bucket', label: 'Bucket', isNeeded: true },
    { name: 'prefix', label: 'Keys that begin with', placeholder: 'orders/' },
    GLOB,
    { name: 'endpoint', label: 'Endpoint', hint: 'Empty: that of AWS.', placeholder: 'https://minio.example' },
    { name: 'region', label: 'Region', placeholder: 'us-east-1' },
  ],
  database: [
    { name: 'url', label: 'Database', hint: 'Without a password: that is the secret.', placeholder: 'postgresql://host:5432/shop', isNeeded: true },
    { name: 'query', label: 'Query', placeholder: 'SELECT * FROM prices', isNeeded: true, isLong: true },
  ],
  api: [
    { name: 'url', label: 'URL', placeholder: 'https://api.example/items', isNeeded: true },
    { name: 'records', label: 'Where the records stand', hint: 'Empty: the answer is the list.', placeholder: 'data.items' },
    { name: 'fields', label: 'Fields that become columns', hint: 'Comma between; empty: all.', placeholder: 'sku, price.amount' },
    HEADERS,
  ],
  folder: [{ name: 'path', label: 'Folder', hint: 'On the server, below one of ROWMILL_SOURCE_FOLDERS.', placeholder: '/data/in', isNeeded: true }, GLOB],
}

/** How an API gives its pages, and what each way has to be told. */
export const PAGINGS: Readonly<Record<string, { label: string; fields: readonly PlaceField[] }>> = {
  none: { label: 'There is one page', fields: [] },
  link: { label: 'By the header Link, or a next URL', fields: [{ name: 'next', label: 'Where the next URL stands', hint: 'Empty: in the header Link.', placeholder: 'links.next' }] },
  page: { label: 'By page numbers', fields: [{ name: 'parameter', label: 'Parameter', placeholder: 'page', isNeeded: true }, { name: 'start', label: 'First page', placeholder: '1' }] },
  offset: {
    label: 'By offsets',
    fields: [
      { name: 'parameter', label: 'Parameter', placeholder: 'offset', isNeeded: true },
      { name: 'size_parameter', label: 'Parameter of the size', placeholder: 'limit' },
      { name: 'size', label: 'Size', placeholder: '100' },
    ],
  },
  cursor: {
    label: 'By cursors',
    fields: [
      { name: 'parameter', label: 'Parameter', placeholder: 'cursor', isNeeded: true },
      { name: 'next', label: 'Where the cursor stands', placeholder: 'meta.next', isNeeded: true },
    ],
  },
}

/** Texts by setting; those of paging as `paging.by` and so on. */
export type Place = Readonly<Record<string, string>>

const NUMBERS = new Set(['start', 'size', 'pages_max'])

export function readHeaders(lines: string): Record<string, string> {
  const pairs = lines.split('\n').map((line) => /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/.exec(line))
  return Object.fromEntries(pairs.flatMap((pair) => (pair?.[1] ? [[pair[1], pair[2] ?? '']] : [])))
}

function textOf(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  if (name === 'headers' && typeof value === 'object' && value !== null) return Object.entries<unknown>({ ...value }).map(([header, text]) => `${header}: ${String(text)}`).join('\n')
  return value === null || value === undefined ? '' : String(value)
}

export function readPlace(settings: Readonly<Record<string, unknown>>): Place {
  const place = Object.entries(settings).flatMap(([name, value]): [string, string][] => {
    if (name !== 'paging' || typeof value !== 'object' || value === null) return [[name, textOf(name, value)]]
    return Object.entries<unknown>({ ...value }).map(([part, text]) => [`paging.${part}`, textOf(part, text)])
  })
  return Object.fromEntries(place)
}

export const settingsOf = (kind: Kind, place: Place): Record<string, unknown> => readSettings(PLACE_FIELDS[kind], kind === 'api', place)

/** Only what the kind has; empty texts are left out, so that the API's own values hold. */
export function readSettings(fields: readonly PlaceField[], hasPages: boolean, place: Place): Record<string, unknown> {
  const given = fields.flatMap(({ name }): [string, unknown][] => {
    const text = place[name]?.trim() ?? ''
    if (text === '') return []
    if (name === 'headers') return [[name, readHeaders(text)]]
    if (name === 'fields') return [[name, text.split(/[,\n]/).map((field) => field.trim()).filter(Boolean)]]
    return [[name, text]]
  })
  const by = place['paging.by'] ?? 'none'
  if (!hasPages || by === 'none') return Object.fromEntries(given)
  const names = [...(PAGINGS[by]?.fields ?? []).map((field) => field.name), 'pages_max']
  const paging = names.flatMap((name): [string, unknown][] => {
    const text = place[`paging.${name}`]?.trim() ?? ''
    return text === '' ? [] : [[name, NUMBERS.has(name) && /^\d+$/.test(text) ? Number(text) : text]]
  })
  return Object.fromEntries([...given, ['paging', { by, ...Object.fromEntries(paging) }]])
}

/** Where it fetches from, in a line. */
export function placeText(kind: Kind, settings: Readonly<Record<string, unknown>>): string {
  const text = (name: string): string => textOf(name, settings[name])
  if (kind === 's3') return `${text('bucket')}/${text('prefix')}${text('glob') || '*'}`
  if (kind === 'folder') return `${text('path')}/${text('glob') || '*'}`
  return text('url')
}
