/** The frame of a picture with two axes: the highest and the lowest at the side; below, labels from one end to the other, or of borders between
 * columns. */
import type { ReactNode } from 'react'
import { compact } from '../format/numbers'
import classes from './Groups.module.css'

interface Props {
  label: string
  high: number
  low: number
  labels: readonly string[]
  /** Each label stands between two of so many columns, and one more. */
  areBorders?: boolean
  children: ReactNode
}

export function Plot({ label, high, low, labels, areBorders = false, children }: Props) {
  return (
    <figure className={classes.plot} aria-label={label}>
      <div className={classes.scale} aria-hidden>
        <span>{compact(high)}</span>
        <span>{compact((high + low) / 2)}</span>
        <span>{compact(low)}</span>
      </div>
      <div className={classes.area}>{children}</div>
      <div className={classes.labels} data-borders={areBorders || undefined} style={{ paddingInline: areBorders ? `calc(50% / ${labels.length + 1})` : undefined }} aria-hidden>
        {labels.map((text, number) => (
          <bdi key={number}>{text}</bdi>
        ))}
      </div>
    </figure>
  )
}
