/** What the search over everything offers. Pure. */
import type { LinkProps } from '@tanstack/react-router'
import type { SearchedDatasets } from '../api/schema'
import { counted } from '../format/numbers'
import { asText } from '../parts/values'

export interface Choice {
  key: string
  label: string
  text?: string
  /** With the API's marks around what matched. */
  marked?: string
  to: LinkProps
}

export const PAGES: readonly Choice[] = [
  { key: 'files', label: 'Files', text: 'Load files, see all uploads', to: { to: '/' } },
  { key: 'datasets', label: 'Datasets', text: 'All datasets', to: { to: '/datasets' } },
  { key: 'sources', label: 'Sources', text: 'Files that come by themselves', to: { to: '/sources' } },
  { key: 'enrichments', label: 'Enrichments', text: 'Columns that come from a remote API', to: { to: '/enrichments' } },
  { key: 'webhooks', label: 'Webhooks', text: 'Programs that are told', to: { to: '/webhooks' } },
  { key: 'workers', label: 'Workers', text: 'Who works, and what waits', to: { to: '/workers' } },
]

export function choicesOf(text: string, found: SearchedDatasets | undefined): Choice[] {
  const words = text.trim().toLowerCase()
  const pages = PAGES.filter((page) => page.label.toLowerCase().startsWith(words))
  const hits = (found?.datasets ?? []).flatMap((hit) => [
    {
      key: hit.dataset,
      label: hit.title,
      text: `${counted(hit.total.value, 'row')}${hit.total.relation === 'gte' ? ' or more' : ''}`,
      to: { to: '/datasets/$name', params: { name: hit.dataset }, search: { q: text.trim() } } satisfies LinkProps,
    },
    ...hit.rows.slice(0, 3).map((row) => ({
      key: `${hit.dataset} ${row.row}`,
      label: '',
      text: Object.values(row.values as Record<string, unknown>).map(asText).filter(Boolean).slice(0, 6).join(' · '),
      marked: Object.values(row.highlight ?? {}).flat().join(' · ') || undefined,
      to: { to: '/datasets/$name', params: { name: hit.dataset }, search: { q: text.trim(), row: row.row } } satisfies LinkProps,
    })),
  ])
  return [...hits, ...pages]
}

/** An answer covers datasets by name, until many have rows: what is behind them is not passed over in silence. */
export function footOf(answer: Pick<SearchedDatasets, 'searched' | 'next_cursor'>, choices: number): string {
  const more = answer.next_cursor ? ' There are further ones behind them: name one by its page, or search for a rarer word.' : ''
  if (choices > 0) return `${answer.searched} datasets searched.${more}`
  return `Nothing in ${answer.searched} datasets has these words. Try fewer of them, or word*.${more}`
}
