/** The rows: search, filters, facets at the side, the grid, the drawer of a row; and the editing of them. */
import { Button, TextInput } from '@mantine/core'
import { IconAdjustmentsHorizontal, IconPencil, IconSearch, IconX } from '@tabler/icons-react'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { useMay } from '../access/useMe'
import type { Dataset } from '../api/schema'
import { EditBar } from '../editing/EditBar'
import { useEditedRows } from '../editing/useEditedRows'
import { useLater } from '../parts/useLater'
import { Facets } from './Facets'
import { facetsFor } from './facetsFor'
import type { Cell } from './cellMoves'
import { FilterChips } from './FilterChips'
import { Grid } from './Grid'
import { RowDrawer } from './RowDrawer'
import classes from './RowsTab.module.css'
import { useShown } from './useDataset'

/** Below that the facets would push the rows out of sight. */
const ASIDE_PX_MIN = 760

export function RowsTab({ dataset }: { dataset: Dataset }) {
  const [search, show] = useShown()
  const { editing, base, rows, isWhole } = useEditedRows(dataset, search)
  const isOn = editing.session !== null
  const mayEdit = useMay('upload') && !isOld(dataset, search.version)
  const [place, setPlace] = useState(0)
  const [jump, setJump] = useState<{ key: string; to: Cell } | null>(null)
  const [q, setQ] = useLater(search.q ?? '', (next) => show({ q: next.trim() || undefined }), 250)
  const facets = facetsFor(base)
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
        {mayEdit && !isOn && (
          <Button variant="default" size="sm" leftSection={<IconPencil size={16} aria-hidden />} onClick={editing.begin}>
            Edit
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
      <EditBar dataset={dataset} editing={editing} row={rows.row(place)} state={rows.state(place)} onAdded={() => setJump(isWhole ? { key: rows.key, to: { row: rows.total, column: 0 } } : null)} />
      {aside && facets.length > 0 && <Facets dataset={dataset} facets={facets} search={search} onFilter={(filter) => show({ filter })} />}
      <Grid
        key={rows.key}
        columns={dataset.columns}
        rows={rows}
        sort={search.sort}
        opened={search.row}
        editing={mayEdit ? { isOn, begin: editing.begin, change: editing.change } : null}
        jump={jump?.key === rows.key ? jump.to : null}
        onPlace={setPlace}
        onSort={(sort) => show({ sort })}
        onFilter={(filter) => show({ filter: [...(search.filter ?? []), filter] })}
        onOpen={(row) => show({ row })}
        onColumn={(column) => show({ column })}
      />
      {search.row && <RowDrawer dataset={dataset} row={search.row} version={search.version} onClose={() => show({ row: undefined })} />}
    </div>
  )
}

/** Only what readers see by themselves can be changed. */
function isOld(dataset: Dataset, version: number | undefined): boolean {
  const newest = dataset.versions.filter((one) => one.published_at).map((one) => one.number)
  return version !== undefined && version !== Math.max(...newest)
}
