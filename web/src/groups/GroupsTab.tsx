/** The rows in groups: what was pinned, and any other group to look at and to pin. A click on a bar shows its rows. */
import { Button, NativeSelect, SegmentedControl } from '@mantine/core'
import { IconPin } from '@tabler/icons-react'
import { useMay } from '../access/useMe'
import type { Dataset } from '../api/schema'
import { useShown } from '../dataset/useDataset'
import type { Chart } from '../dataset/state'
import { useNotices } from '../shell/notices'
import { chartsFor, groupOf, textOf } from './group'
import { GroupChart } from './GroupChart'
import { groupChoices } from './groupChoices'
import { Pins } from './Pins'
import { PINS_MAX, type Pin } from './pinList'
import { useKeepPins } from './usePins'

const BARS_SHOWN = 30
const TITLE_CHARACTERS_MAX = 200
const CHARTS: Readonly<Record<Chart, string>> = { bars: 'Bars', line: 'Line', histogram: 'Histogram' }

export default function GroupsTab({ dataset }: { dataset: Dataset }) {
  const [search, show] = useShown()
  const notices = useNotices()
  const mayManage = useMay('manage')
  const keep = useKeepPins(dataset)
  const choices = groupChoices(dataset)
  const group = groupOf(dataset, search)
  const version = search.version ?? dataset.version
  const charts = chartsFor(dataset.columns.find((column) => column.name === group.by))
  const pin = () => {
    const title = textOf(group, dataset).slice(0, TITLE_CHARACTERS_MAX)
    keep.mutate([...dataset.pins, { ...group, title }], { onSuccess: () => notices.done(`${title} is pinned: everybody sees it here.`) })
  }
  const open = (one: Pin) => show({ by: one.by, agg: one.agg, chart: one.chart, q: one.q || undefined, filter: one.filter?.length ? one.filter : undefined })
  const showRows = (one: Pick<Pin, 'q' | 'filter'>, filters: readonly string[]) => show({ tab: 'rows', q: one.q || undefined, filter: [...(one.filter ?? []), ...filters] })
  return (
    <div className="stack">
      <Pins dataset={dataset} version={version} onOpen={open} onRows={showRows} />
      <section className="card stack" aria-label="A group">
        <div className="row apart">
          <div className="row">
            <NativeSelect label="Rows by" value={group.by} data={choices.by} onChange={(event) => show({ by: event.currentTarget.value })} />
            {group.chart !== 'histogram' && <NativeSelect label="Shown" value={group.agg} data={choices.agg} onChange={(event) => show({ agg: event.currentTarget.value })} />}
          </div>
          <div className="row">
            {charts.length > 1 && (
              <SegmentedControl
                size="xs"
                aria-label="Drawn as"
                data={charts.map((value) => ({ value, label: CHARTS[value] }))}
                value={group.chart}
                onChange={(chart) => show({ chart: charts.find((one) => one === chart) })}
              />
            )}
            {mayManage && (
              <Button size="xs" variant="default" leftSection={<IconPin size={14} aria-hidden />} loading={keep.isPending} disabled={dataset.pins.length >= PINS_MAX} onClick={pin}>
                Pin
              </Button>
            )}
          </div>
        </div>
        <GroupChart dataset={dataset} group={group} version={version} barsShown={BARS_SHOWN} isWhole onRows={(filters) => showRows(group, filters)} />
      </section>
    </div>
  )
}
