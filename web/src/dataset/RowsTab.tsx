/** The rows: search, filters, facets at the side, the grid, the drawer of a row. */
import { Button, TextInput } from '@mantine/core'
import { IconAdjustmentsHorizontal, IconSearch, IconX } from '@tabler/icons-react'
import { useDisclosure } from '@mantine/hooks'
import type { Dataset } from '../api/schema'
import { useLater } from '../parts/useLater'
import { Facets } from './Facets'
import { facetsFor } from './facetsFor'
import { FilterChips } from './FilterChips'
import { Grid } from './Grid'
import { RowDrawer } from './RowDrawer'
import classes from './RowsTab.module.css'
import { useRows } from './useRows'
import { useShown } from './useDataset'

/** Below that the facets would push the rows out of sight. */
const ASIDE_PX_MIN = 760

export function RowsTab({ dataset }: { dataset: Dataset }) {
  const [search, show] = useShown()
  const rows = useRows(dataset, search)
  const [q, setQ] = useLater(search.q ?? '', (next) => show({ q: next.trim() || undefined }), 250)
  const facets = facetsFor(dataset)
  const [aside, { toggle }] = useDisclosure(window.innerWidth >= ASIDE_PX_MIN)
  const isNarrowed = Boolean(search.q ?? search.filter)
  return (
    <div className={classes.page} data-aside={(aside && facets.length > 0) || undefined}>
      <div className={classes.bar}>
        <TextInput
          className={classes.search}
          aria-label={`Search ${dataset.title}`}
          placeholder={'Search: words, "a phrase", -not, this OR that, prefix*'}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={q}
          onChange={(event) => setQ(event.currentTarget.value)}
        />
        {facets.length > 0 && (
          <Button variant="default" size="sm" leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden />} onClick={toggle} aria-expanded={aside}>
            Facets
          </Button>
        )}
        <span className={`${classes.total} numbers`} role="status">
          {rows.totalText}
        </span>
        {(isNarrowed || search.sort) && (
          <Button variant="subtle" color="gray" size="sm" leftSection={<IconX size={14} aria-hidden />} onClick={() => show({ q: undefined, filter: undefined, sort: undefined })}>
            Show all
          </Button>
        )}
      </div>
      <FilterChips filters={search.filter ?? []} columns={dataset.columns} onChange={(filter) => show({ filter })} />
      {aside && facets.length > 0 && <Facets dataset={dataset} facets={facets} search={search} onFilter={(filter) => show({ filter })} />}
      <Grid
        key={rows.key}
        columns={dataset.columns}
        rows={rows}
        sort={search.sort}
        opened={search.row}
        onSort={(sort) => show({ sort })}
        onFilter={(filter) => show({ filter: [...(search.filter ?? []), filter] })}
        onOpen={(row) => show({ row })}
        onColumn={(column) => show({ column })}
      />
      {search.row && <RowDrawer dataset={dataset} row={search.row} version={search.version} onClose={() => show({ row: undefined })} />}
    </div>
  )
}
