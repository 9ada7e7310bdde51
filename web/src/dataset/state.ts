/** What the page of a dataset shows, as it stands in its address. Pure. */

export const TABS = ['rows', 'columns', 'versions', 'groups'] as const
export type Tab = (typeof TABS)[number]

export const CHARTS = ['bars', 'line', 'histogram'] as const
export type Chart = (typeof CHARTS)[number]

export interface DatasetSearch {
  tab?: Tab
  q?: string
  filter?: string[]
  sort?: string
  version?: number
  /** The row whose drawer is open. */
  row?: string
  /** The column whose drawer is open. */
  column?: string
  by?: string
  agg?: string
  chart?: Chart
  /** Two versions that are compared, and the column by which a row is the same one in both. */
  since?: number
  until?: number
  pair?: string
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

const number = (value: unknown): number | undefined => (Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : undefined)

/** What is not understood is left out: an address may be old, or written by hand. */
export function readDatasetSearch(search: Record<string, unknown>): DatasetSearch {
  const filters = (Array.isArray(search['filter']) ? search['filter'] : [search['filter']]).map(text).filter((one) => one !== undefined)
  const read: DatasetSearch = {
    tab: TABS.find((tab) => tab === search['tab']),
    q: text(search['q']),
    filter: filters.length > 0 ? filters : undefined,
    sort: text(search['sort']),
    version: number(search['version']),
    row: text(search['row']),
    column: text(search['column']),
    by: text(search['by']),
    agg: text(search['agg']),
    chart: CHARTS.find((chart) => chart === search['chart']),
    since: number(search['since']),
    until: number(search['until']),
    pair: text(search['pair']),
  }
  return Object.fromEntries(Object.entries<unknown>({ ...read }).filter(([, value]) => value !== undefined))
}

/** By a click on a header: ascending, descending, file order again. */
export function nextSort(sort: string | undefined, column: string): string | undefined {
  if (sort === column) return `-${column}`
  return sort === `-${column}` ? undefined : column
}

export interface Filter {
  column: string
  op: string
  value: string
}

export function readFilter(filter: string): Filter {
  const [column = '', op = '', ...value] = filter.split(':')
  return { column, op, value: value.join(':') }
}

export const writeFilter = ({ column, op, value }: Filter): string => `${column}:${op}:${value}`

/** The filter added, or taken away if it is there. */
export function toggled(filters: readonly string[] | undefined, filter: string): string[] | undefined {
  const others = (filters ?? []).filter((one) => one !== filter)
  const next = others.length === (filters ?? []).length ? [...others, filter] : others
  return next.length > 0 ? next : undefined
}

/** Parameters of the API that show the same rows. */
export function rowParameters(search: DatasetSearch): [string, string][] {
  const parameters: [string, string][] = []
  if (search.q) parameters.push(['q', search.q])
  for (const filter of search.filter ?? []) parameters.push(['filter', filter])
  if (search.sort) parameters.push(['sort', search.sort])
  if (search.version) parameters.push(['version', String(search.version)])
  return parameters
}
