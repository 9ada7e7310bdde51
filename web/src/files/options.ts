/** What an upload may say, as the API takes it: texts by name. Pure. */
import type { operations } from '../api/schema'

type Query = NonNullable<operations['create_upload']['parameters']['query']>
export type OptionName = keyof Query
/** An option that is not said is found out. */
export type Options = Partial<Record<OptionName, string>>

/** Chosen to update by a key that is not chosen yet. */
export const lacksKey = (options: Options): boolean => options.mode === 'upsert' && !options.key

/** The dataset that a file of this name goes to when none is said, as the server names it. */
export function datasetFor(fileName: string): string {
  let stem = fileName.replace(/^.*[\\/]/, '')
  for (const ending = /(?<=.)\.(csv|tsv|tab|psv|txt|text|dat|gz|gzip|bz2|zip|zst|zstd)$/i; ending.test(stem); ) stem = stem.replace(ending, '')
  const words = stem.normalize('NFC').toLowerCase().split(/[^\p{L}\p{M}\p{Nd}_]+/u)
  return words.filter((word) => /[\p{L}\p{Nd}]/u.test(word)).join('-').slice(0, 100)
}

/** A title as lists of titles have it: quoted where it could be misread. */
export const asListed = (title: string): string => (/[",:;()]/.test(title) || title !== title.trim() ? `"${title.replaceAll('"', '""')}"` : title)

export const titlesOf = (names: readonly string[]): string => names.map(asListed).join(',')

export interface Declared {
  column: string
  /** With its format: `decimal(1.234,56)`. */
  type: string
}

const DECLARED = /^\s*(?:"((?:[^"]|"")*)"|([^:]*?))\s*:\s*(.*)$/s

export function readTypes(types: string | undefined): Declared[] {
  return splitList(types ?? '').flatMap((item) => {
    const parts = DECLARED.exec(item)
    if (!parts) return []
    const [, quoted, plain = '', type = ''] = parts
    return [{ column: quoted === undefined ? plain : quoted.replaceAll('""', '"'), type: type.trim() }]
  })
}

export const writeTypes = (declared: readonly Declared[]): string => declared.map(({ column, type }) => `${asListed(column)}:${type}`).join(',')

/** `types=` with one column declared anew; an empty type takes its declaration away. */
export function withType(types: string | undefined, column: string, type: string): string {
  const others = readTypes(types).filter((one) => one.column !== column)
  return writeTypes(type ? [...others, { column, type }] : others)
}

/** One remedy taken: options that speak of single columns keep what they say of the others. */
export function withRemedy(options: Options, option: string, value: string): Options {
  const name = option as OptionName
  if (name === 'types') {
    return { ...options, types: readTypes(value).reduce((types, one) => withType(types, one.column, one.type), options.types ?? '') }
  }
  if (name === 'null' && options.null && value.includes(':')) return { ...options, null: `${options.null};${value}` }
  return { ...options, [name]: value }
}

/** At commas that stand neither in quotes nor in brackets. */
export function splitList(text: string): string[] {
  const items: string[] = []
  let item = ''
  let quoted = false
  let depth = 0
  for (const letter of text) {
    if (letter === '"') quoted = !quoted
    else if (!quoted && letter === '(') depth += 1
    else if (!quoted && letter === ')') depth -= 1
    if (letter === ',' && !quoted && depth === 0) {
      items.push(item)
      item = ''
    } else item += letter
  }
  return [...items, item].filter((one) => one.trim() !== '')
}
