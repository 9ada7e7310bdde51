/** What the columns hold: type, nothing, different values, extent, the most frequent values. */
import type { ColumnOut, ColumnProfileOut, Dataset } from '../api/schema'
import { compact, count, share } from '../format/numbers'
import { asText } from '../parts/values'
import classes from './ColumnsTab.module.css'

const TOP_SHOWN = 5

export default function ColumnsTab({ dataset }: { dataset: Dataset }) {
  const profiles = new Map(dataset.profile.map((profile) => [profile.name, profile]))
  return (
    <ul className={classes.columns}>
      {dataset.columns.map((column) => (
        <ColumnCard key={column.name} column={column} profile={profiles.get(column.name)} rows={dataset.rows ?? 0} />
      ))}
    </ul>
  )
}

function ColumnCard({ column, profile, rows }: { column: ColumnOut; profile: ColumnProfileOut | undefined; rows: number }) {
  const top = (profile?.top ?? []) as [unknown, number][]
  const most = Math.max(1, ...top.map(([, times]) => times))
  return (
    <li className={`card ${classes.card}`}>
      <div className="row apart">
        <h2 className="clip">
          <bdi>{column.title || column.name}</bdi>
        </h2>
        <span className={classes.type}>{column.format ? `${column.type} ${column.format}` : column.type}</span>
      </div>
      {profile ? (
        <>
          <dl className={classes.facts}>
            {factsOf(profile, rows).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="clip" title={value}>
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ))}
          </dl>
          <ul className={classes.top} aria-label={`Most frequent values of ${column.title || column.name}`}>
            {top.slice(0, TOP_SHOWN).map(([value, times]) => (
              <li key={asText(value)}>
                <span className={classes.bar} style={{ width: `${(100 * times) / most}%` }} />
                <bdi className="clip grow">{asText(value) || 'empty'}</bdi>
                <span className="soft numbers">{compact(times)}</span>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p className="soft small">No profile of it: its file had no such column.</p>
      )}
    </li>
  )
}

function factsOf(profile: ColumnProfileOut, rows: number): [string, string][] {
  const facts: [string, string][] = [['without a value', profile.nulls === 0 ? 'none' : `${count(profile.nulls)}${rows > 0 ? ` (${share(profile.nulls / rows)})` : ''}`]]
  if (profile.distinct !== null && profile.distinct !== undefined) facts.push(['different values', count(profile.distinct)])
  if (profile.min !== null && profile.min !== undefined) facts.push(['lowest', profile.min])
  if (profile.max !== null && profile.max !== undefined) facts.push(['highest', profile.max])
  if (profile.mean !== null && profile.mean !== undefined) facts.push(['mean', compact(profile.mean)])
  if (profile.longest) facts.push(['longest', `${count(profile.longest)} characters`])
  return facts
}
