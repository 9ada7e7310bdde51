/** Groups as bars, the largest first. */
import { UnstyledButton } from '@mantine/core'
import { asText } from '../parts/values'
import type { Shown } from './group'
import classes from './Groups.module.css'

export function Bars({ groups, onPick }: { groups: readonly Shown[]; onPick: (value: unknown) => void }) {
  const most = Math.max(...groups.map((one) => Math.abs(Number(one.value ?? 0))), Number.MIN_VALUE)
  return (
    <table className={classes.chart}>
      <caption className="unseen">Groups, the largest first</caption>
      <tbody>
        {groups.map((one, number) => (
          <tr key={number}>
            <th scope="row" className="clip">
              <UnstyledButton className={classes.value} title="Show its rows" onClick={() => onPick(one.by)}>
                <bdi className="clip">{asText(one.by) || 'without a value'}</bdi>
              </UnstyledButton>
            </th>
            <td className={classes.bars}>
              <span className={classes.bar} style={{ width: `${(100 * Math.abs(Number(one.value ?? 0))) / most}%` }} />
            </td>
            <td className={classes.number}>{asText(one.value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
