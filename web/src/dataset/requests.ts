/** The same view from elsewhere: as a curl command, as Python. Pure. */
import type { DatasetSearch } from './state'
import { rowParameters } from './state'

export const asCurl = (rowsUrl: string): string => `curl '${rowsUrl.replaceAll("'", '%27')}'`

export function asPython(api: string, dataset: string, search: DatasetSearch): string {
  const named = rowParameters(search).filter(([name]) => name !== 'filter')
  const parameters = named.map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`)
  if (search.filter) parameters.push(`    "filter": ${JSON.stringify(search.filter)},`)
  const given = parameters.length > 0 ? `, params={\n${parameters.join('\n')}\n}` : ''
  return `import httpx\n\nrows = httpx.get(${JSON.stringify(`${api}/api/datasets/${dataset}/rows`)}${given}).raise_for_status().json()["rows"]`
}
