/** Rejects as the API's CSV gives them (the file's own columns, then `_record`, `_line`, `_reason`, then fields that were too many), mended and
 * written as a file to load. Pure. */
import type { Upload } from '../api/schema'
import { type Options, titlesOf } from '../files/options'

const PLACE = 3

export interface Mendable {
  record: string
  line: string
  fields: readonly string[]
  /** Fields beyond the columns. */
  extra: readonly string[]
}

export interface Rejected {
  titles: readonly string[]
  rejects: readonly Mendable[]
}

export function readRejects(text: string): Rejected {
  const [header = [], ...records] = readCsv(text)
  const titles = header.slice(0, -PLACE)
  const rejects = records.map((record) => ({
    record: record[titles.length] ?? '',
    line: record[titles.length + 1] ?? '',
    fields: record.slice(0, titles.length),
    extra: record.slice(titles.length + PLACE),
  }))
  return { titles, rejects }
}

/** Commas, double quotes, LF: as this API writes CSV. */
export function readCsv(text: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/g)) {
    if (end === '' && record.length === 0 && quoted === undefined && plain === '') break
    record.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    records.push(record)
    record = []
    if (end === '') break
  }
  return records
}

export const writeCsv = (records: readonly (readonly string[])[]): string => records.map((record) => `${record.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\n`).join('')

const goesByKey = (mode: string): boolean => mode === 'upsert' || mode === 'update' || mode === 'delete'

/** As the upload that they are of, but that mended rows never put others away. */
export function mendedOptions(upload: Pick<Upload, 'dataset' | 'mode' | 'key' | 'hold' | 'dialect'>): Options {
  return {
    dataset: upload.dataset,
    mode: goesByKey(upload.mode) ? upload.mode : 'append',
    key: goesByKey(upload.mode) ? titlesOf(upload.key) : undefined,
    hold: upload.hold ? 'true' : undefined,
    delimiter: 'comma',
    quote: '"',
    encoding: 'utf-8',
    header: 'true',
    skip: '0',
    null: upload.dialect?.null || undefined,
    max_rejects: '100%',
  }
}
