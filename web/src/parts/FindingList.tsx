/** Findings, the gravest first: what was decided, where, and the button that decides otherwise. */
import { Button } from '@mantine/core'
import { IconAlertOctagon, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import type { Finding, Suggestion } from '../api/schema'
import { remedyLabel } from '../files/remedies'
import { counted } from '../format/numbers'
import classes from './FindingList.module.css'

const GRAVITY = { stop: 0, warning: 1, info: 2 } as const
const ICONS = { stop: IconAlertOctagon, warning: IconAlertTriangle, info: IconInfoCircle } as const
const LEVELS = { stop: 'Stops the load', warning: 'To look at', info: 'For your information' } as const

interface Props {
  findings: readonly Finding[]
  onRemedy?: (suggestion: Suggestion) => void
}

export function FindingList({ findings, onRemedy }: Props) {
  const sorted = findings.toSorted((one, other) => GRAVITY[one.level] - GRAVITY[other.level])
  return (
    <ul className={classes.list} aria-label="Findings">
      {sorted.map((finding, number) => (
        <FindingItem key={`${finding.code} ${finding.column ?? ''} ${number}`} finding={finding} onRemedy={onRemedy} />
      ))}
    </ul>
  )
}

function FindingItem({ finding, onRemedy }: { finding: Finding; onRemedy?: Props['onRemedy'] }) {
  const Icon = ICONS[finding.level]
  const { suggest } = finding
  const places = finding.places ?? []
  return (
    <li className={classes.finding} data-level={finding.level}>
      <Icon size={18} className={classes.icon} aria-label={LEVELS[finding.level]} />
      <div className="grow">
        <p className={classes.message}>{finding.message}</p>
        {places.length > 0 && (
          <details className={classes.places}>
            <summary>{counted(finding.count ?? places.length, 'place')}</summary>
            <ol>
              {places.map((place, number) => (
                <li key={number} className={classes.place}>
                  <span className="soft numbers">{place.line ? `line ${place.line}` : `record ${place.record ?? 0}`}</span>
                  <code dir="auto">{place.text}</code>
                </li>
              ))}
            </ol>
          </details>
        )}
      </div>
      {suggest && onRemedy && (
        <Button variant="default" size="compact-sm" onClick={() => onRemedy(suggest)}>
          {remedyLabel(suggest.option, suggest.value)}
        </Button>
      )}
    </li>
  )
}

