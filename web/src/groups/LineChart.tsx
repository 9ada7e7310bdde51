/** Groups as a line, in the order of their values. */
import type { ColumnOut } from '../api/schema'
import { counted } from '../format/numbers'
import { endsOf, lineOf, type Shown } from './group'
import classes from './Groups.module.css'
import { Plot } from './Plot'

const DOTS_MAX = 80
const WIDTH = 1_000
const HEIGHT = 300

export function LineChart({ groups, type }: { groups: readonly Shown[]; type: ColumnOut['type'] }) {
  const { points, low, high } = lineOf(groups, type)
  const placed = points.map((point) => ({ ...point, left: point.x * WIDTH, top: (1 - point.y) * HEIGHT }))
  const zero = high === low ? HEIGHT : HEIGHT * (1 - (0 - low) / (high - low))
  const labels = points.map((point) => point.label)
  const ends = type === 'text' ? endsOf(labels) : labels.length < 2 ? labels : [labels[0] ?? '', labels.at(-1) ?? ''] // the middle of days is none of them
  return (
    <Plot label={`A line of ${counted(points.length, 'point')}`} high={high} low={low} labels={ends}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className={classes.line} aria-hidden>
        <line className={classes.zero} x1="0" x2={WIDTH} y1={zero} y2={zero} />
        <polyline points={placed.map((point) => `${point.left},${point.top}`).join(' ')} />
        {(placed.length <= DOTS_MAX ? placed : []).map((point, number) => (
          <line key={number} className={classes.dot} x1={point.left} x2={point.left} y1={point.top} y2={point.top}>
            <title>{`${point.label}: ${point.value}`}</title>
          </line>
        ))}
      </svg>
    </Plot>
  )
}
