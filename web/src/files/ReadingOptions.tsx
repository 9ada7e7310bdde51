/** How the file is read: what was found out, each of it to be said otherwise. */
import { NativeSelect, NumberInput, Button } from '@mantine/core'
import type { Dialect } from '../api/schema'
import classes from './fields.module.css'
import type { OptionName, Options } from './options'

const NAMES: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar', ' ': 'blank', '"': 'double quote', "'": 'single quote' }
const named = (character: string): string => (character === '' ? 'none' : (NAMES[character] ?? character))

const DELIMITERS = [
  ['comma', 'Comma ,'],
  ['semicolon', 'Semicolon ;'],
  ['tab', 'Tab'],
  ['pipe', 'Bar |'],
  ['space', 'Blank'],
] as const
const QUOTES = [
  ['double', 'Double "'],
  ['single', "Single '"],
  ['none', 'None'],
] as const
const ENCODINGS = ['utf-8', 'windows-1252', 'iso-8859-1', 'iso-8859-15', 'windows-1250', 'windows-1251', 'utf-16', 'shift_jis', 'gb18030', 'big5', 'euc-kr', 'cp437', 'mac-roman'].map(
  (name) => [name, name] as const,
)
const HEADERS = [
  ['true', 'First record'],
  ['false', 'There is none'],
] as const

interface Props {
  options: Options
  dialect: Dialect | null
  onChange: (options: Options) => void
}

export function ReadingOptions({ options, dialect, onChange }: Props) {
  const set = (name: OptionName, value: string) => onChange({ ...options, [name]: value === '' ? undefined : value })
  const said = (['delimiter', 'quote', 'encoding', 'header', 'skip', 'skip_end', 'null', 'types', 'names'] as const).some((name) => options[name] !== undefined)
  const choose = (label: string, name: OptionName, choices: readonly (readonly [string, string])[], seen: string) => (
    <NativeSelect
      label={label}
      className={classes.narrow}
      value={options[name] ?? ''}
      onChange={(event) => set(name, event.currentTarget.value)}
      data={[{ value: '', label: seen ? `${seen} (found)` : 'found out' }, ...withOwn(choices, options[name])]}
    />
  )
  return (
    <details className={classes.details}>
      <summary className={classes.summary}>
        How it is read: <span className="soft">{dialect ? inWords(dialect) : 'not known yet'}</span>
      </summary>
      <div className={classes.fields}>
        {choose('Between fields', 'delimiter', DELIMITERS, dialect ? named(dialect.delimiter ?? ',') : '')}
        {choose('Around fields', 'quote', QUOTES, dialect ? named(dialect.quote ?? '"') : '')}
        {choose('Encoding', 'encoding', ENCODINGS, dialect?.encoding ?? '')}
        {choose('Header', 'header', HEADERS, dialect ? (dialect.header ? 'first record' : 'none') : '')}
        <NumberInput
          label="Lines to skip"
          className={classes.narrow}
          min={0}
          max={10_000}
          allowDecimal={false}
          placeholder={`${dialect?.skip ?? 0} (found)`}
          value={options.skip ?? ''}
          onChange={(value) => set('skip', String(value))}
        />
        {said && (
          <Button variant="subtle" size="sm" onClick={() => onChange({ dataset: options.dataset, mode: options.mode, key: options.key, hold: options.hold })}>
            Find it out again
          </Button>
        )}
      </div>
    </details>
  )
}

/** A remedy may have chosen what the list does not have. */
function withOwn(choices: readonly (readonly [string, string])[], own: string | undefined) {
  const all = own === undefined || own === '' || choices.some(([value]) => value === own) ? choices : [...choices, [own, named(own)] as const]
  return all.map(([value, label]) => ({ value, label }))
}

function inWords(dialect: Dialect): string {
  const parts = [`${named(dialect.delimiter ?? ',')} between fields`, `quotes: ${named(dialect.quote ?? '"')}`, dialect.encoding ?? '', dialect.header ? 'with a header' : 'no header']
  if (dialect.skip) parts.push(`${dialect.skip} lines skipped`)
  if (dialect.compression) parts.push(`packed as ${dialect.compression}`)
  return parts.filter(Boolean).join(', ')
}
