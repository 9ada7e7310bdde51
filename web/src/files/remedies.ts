/** What the buttons below a finding say: the option that decides otherwise, in plain words. Pure. */

const CHARACTERS: Readonly<Record<string, string>> = {
  '\t': 'tabs',
  tab: 'tabs',
  ',': 'commas',
  ';': 'semicolons',
  '|': 'bars ( | )',
  ' ': 'blanks',
  ':': 'colons',
}

const WORDS: Readonly<Record<string, (value: string) => string>> = {
  skip: (value) => (value === '0' ? 'Skip nothing' : `Skip ${value} ${value === '1' ? 'line' : 'lines'}`),
  skip_end: (value) => `Leave out the last ${value === '1' ? 'line' : `${value} lines`}`,
  delimiter: (value) => `Split at ${CHARACTERS[value] ?? value}`,
  quote: (value) => (value === 'none' || value === '' ? 'No quotes' : `Quotes are ${value}`),
  escape: (value) => (value === 'none' || value === '' ? 'No escapes' : `Escape with ${value}`),
  header: (value) => (value === 'true' ? 'The first record is the header' : 'There is no header'),
  header_rows: (value) => `The header has ${value} lines`,
  encoding: (value) => `Read as ${value}`,
  encoding_errors: (value) =>
    ({ reject: 'Reject records with broken bytes', replace: 'Replace broken bytes by �', 'latin-1': 'Read broken bytes as Windows-1252' })[value] ?? value,
  ragged: (value) => (value === 'reject' ? 'Reject short records' : 'Fill short records'),
  types: (value) => `Read ${value.replaceAll('"', '').replace(/:(?=[a-z]+(\(|$))/g, ' as ').replace(/\((.*)\)$/, ' $1')}`,
  null: (value) => `Read ${value.replace(/^.*:/, '')} as nothing`,
  names: () => 'Use the titles of the dataset',
  columns: (value) =>
    ({ any: 'Add all columns', strict: 'Refuse unknown columns', position: 'Match columns by their order', match: 'Match columns by title' })[value] ?? value,
  missing: (value) => (value === 'null' ? 'Empty what the file lacks' : 'Keep what the file lacks'),
  retype: () => 'Give the column a wider type',
  max_rejects: (value) => (value === '100%' ? 'Load what can be loaded' : `Allow ${value} rejects`),
  shrink: (value) => (value === 'allow' ? 'It is meant to shrink' : 'Do not let it shrink'),
  empty: () => 'It is meant to be empty',
  if_changed: () => 'Load only if the file has changed',
  dialect: (value) => `Read it as ${value} writes`,
  comment: (value) => (value === 'none' || value === '' ? 'No comments' : `Leave out lines that begin with ${value}`),
}

export const remedyLabel = (option: string, value: string): string => WORDS[option]?.(value) ?? `${option} = ${value}`
