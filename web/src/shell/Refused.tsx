/** What stands where something could not be shown: what happened, and the way on. */
import { Alert, Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'

interface Props {
  error: unknown
  onRetry?: () => void
}

export function Refused({ error, onRetry }: Props) {
  return (
    <Alert color="red" variant="light" radius="md" icon={<IconAlertTriangle size={18} aria-hidden />} title="This cannot be shown">
      <div className="stack tight">
        <p>{error instanceof Error ? error.message : String(error)}</p>
        {onRetry && (
          <div>
            <Button size="compact-sm" variant="default" onClick={onRetry}>
              Try again
            </Button>
          </div>
        )}
      </div>
    </Alert>
  )
}

export function NotHere() {
  return (
    <div className="stack tight">
      <h1>There is no such page</h1>
      <p>
        All files stand <Link to="/">here</Link>, all datasets <Link to="/datasets">there</Link>.
      </p>
    </div>
  )
}
