/** How many rows lie in each range of values. A click on a range shows them. */
import type { FacetCount } from '../api/schema'
import { labelOf } from '../dataset/ranges'
import { counted } from '../format/numbers'
import { bordersOf } from './group'
import classes from './Groups.module.css'
import { Plot } from './Plot'

export function Histogram({ ranges, onPick }: { ranges: readonly FacetCount[]; onPick: (range: FacetCount) => void }) {
  const most = Math.max(1, ...ranges.map((one) => one.count))
  return (
    <Plot label="A histogram" high={most} low={0} labels={bordersOf(ranges)} areBorders>
      <div className={classes.columns}>
        {ranges.map((one, number) => (
          <button key={number} type="button" className={classes.column} title={`${labelOf(one)}: ${counted(one.count, 'row')}`} aria-label={`${labelOf(one)}: ${counted(one.count, 'row')}`} onClick={() => onPick(one)}>
            <span style={{ height: `${(100 * one.count) / most}%` }} />
          </button>
        ))}
      </div>
    </Plot>
  )
}
