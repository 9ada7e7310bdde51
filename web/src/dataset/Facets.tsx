/** Facets: how many of the rows found have each value, or lie in each range. A click narrows the search, another widens it again. */
import { Skeleton } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { datasetUrl } from '../api/addresses'
import { fetchExact } from '../api/fetchExact'
import type { Dataset, FacetCount, Rows } from '../api/schema'
import { compact } from '../format/numbers'
import classes from './Facets.module.css'
import { type FacetChoice, isTelling } from './facetsFor'
import { filtersOf, labelOf } from './ranges'
import { type DatasetSearch, rowParameters, toggled } from './state'

interface Props {
  dataset: Dataset
  facets: readonly FacetChoice[]
  search: DatasetSearch
  onFilter: (filter: string[] | undefined) => void
}

export function Facets({ dataset, facets, search, onFilter }: Props) {
  const version = search.version ?? dataset.version
  const { q, filter } = search
  const counts = useQuery({
    queryKey: ['facets', dataset.name, version, q, filter, facets.map((facet) => facet.parameter)],
    queryFn: ({ signal }) => {
      const asked = facets.map((facet) => ['facet', facet.parameter] as const)
      return fetchExact<Rows>(datasetUrl(dataset.name, 'rows', [...rowParameters({ q, filter, version }), ...asked, ['limit', '1']]), signal)
    },
    placeholderData: keepPreviousData,
  })
  if (counts.isPending) return <Skeleton height={240} radius="lg" />
  return (
    <aside className={classes.aside} aria-label="Facets">
      {counts.isError && <p className="soft small">{counts.error.message}</p>}
      {facets.map((facet) => (
        <Facet key={facet.column} facet={facet} counts={counts.data?.facets?.[facet.column] ?? []} filters={filter ?? []} onFilter={onFilter} />
      ))}
    </aside>
  )
}

interface FacetProps {
  facet: FacetChoice
  counts: readonly FacetCount[]
  filters: readonly string[]
  onFilter: (filter: string[] | undefined) => void
}

function Facet({ facet, counts, filters, onFilter }: FacetProps) {
  const most = Math.max(1, ...counts.map((one) => one.count))
  const isChosen = filters.some((filter) => filter.startsWith(`${facet.column}:`))
  if (!isTelling(counts) && !isChosen) return null
  return (
    <section className={classes.facet}>
      <h2 className="clip">
        <bdi>{facet.title}</bdi>
      </h2>
      <ul>
        {counts.map((one, number) => {
          const wanted = filtersOf(facet.column, one)
          const isOn = wanted.every((filter) => filters.includes(filter))
          const label = labelOf(one)
          return (
            <li key={number}>
              <button
                type="button"
                className={classes.value}
                aria-pressed={isOn}
                disabled={one.count === 0 && !isOn}
                onClick={() => onFilter(wanted.reduce<string[] | undefined>((now, filter) => (isOn === (now ?? []).includes(filter) ? toggled(now, filter) : now), [...filters]))}
              >
                <span className={classes.bar} style={{ width: `${(100 * one.count) / most}%` }} />
                <span className="unseen">{facet.title}: </span>
                <bdi className={`${classes.label} clip`}>{label}</bdi>
                <span className="unseen">, </span>
                <span className={classes.count}>{compact(one.count)}</span>
                <span className="unseen"> {one.count === 1 ? 'row' : 'rows'}</span>
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
