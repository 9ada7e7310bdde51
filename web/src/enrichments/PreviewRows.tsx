/** What an enrichment would write into the first ten rows, and what became of each of their values. */
import type { EnrichmentPreview } from '../api/schema'
import classes from '../files/PreviewTable.module.css'
import { Badge } from '../parts/Badge'
import own from './Enrichments.module.css'
import { OUTCOMES, OUTCOME_TONES, previewText } from './words'

interface Props {
  preview: EnrichmentPreview
  column: string
}

export function PreviewRows({ preview, column }: Props) {
  const columns = Object.entries(preview.columns)
  return (
    <div className="stack tight">
      <p className="small" role="status">
        {previewText(preview)}
      </p>
      {preview.rows.length > 0 && (
        <div className={classes.scroll} tabIndex={0} role="region" aria-label="First rows, enriched">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{column}</th>
                <th scope="col">Outcome</th>
                {columns.map(([title, type]) => (
                  <th key={title} scope="col">
                    <bdi>{title}</bdi>
                    <div className="soft small">
                      {type}
                      {preview.new_columns.includes(title) && ', new'}
                    </div>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {preview.rows.map((row) => (
                <tr key={row.row}>
                  <td dir="auto">{row.value ?? <span className={classes.nothing}>nothing</span>}</td>
                  <td>
                    <Badge tone={OUTCOME_TONES[row.outcome]}>{OUTCOMES[row.outcome]}</Badge>
                    {row.reason && <span className={own.reason}>{row.reason}</span>}
                  </td>
                  {columns.map(([title, type]) => (
                    <td key={title} data-type={type} dir="auto">
                      {row.fields?.[title] ?? <span className={classes.nothing}>{row.outcome === 'found' || row.outcome === 'missing' ? 'nothing' : 'as it is'}</span>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}
