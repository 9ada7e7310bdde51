/** Short notices at the foot of the page: what was done, or why it was not. Read out by screen readers. */
import { CloseButton } from '@mantine/core'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import classes from './notices.module.css'

type Tone = 'good' | 'bad'
interface Notice {
  id: number
  tone: Tone
  text: string
}
interface Notices {
  /** Goes by itself. */
  done: (text: string) => void
  /** Stays until it is closed: it has to be acted on. */
  failed: (error: unknown) => void
}

const SHOWN_MS = 6_000
const KEPT_MAX = 4
const Context = createContext<Notices | null>(null)
let lastId = 0

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<readonly Notice[]>([])
  const close = useCallback((id: number) => setNotices((now) => now.filter((notice) => notice.id !== id)), [])
  const show = useCallback(
    (tone: Tone, text: string) => {
      const id = ++lastId
      setNotices((now) => [...now, { id, tone, text }].slice(-KEPT_MAX))
      if (tone === 'good') setTimeout(() => close(id), SHOWN_MS)
    },
    [close],
  )
  const value = useMemo<Notices>(
    () => ({ done: (text) => show('good', text), failed: (error) => show('bad', error instanceof Error ? error.message : String(error)) }),
    [show],
  )
  return (
    <Context value={value}>
      {children}
      <div className={classes.notices} role="status" aria-live="polite">
        {notices.map((notice) => (
          <div key={notice.id} className={classes.notice} data-tone={notice.tone}>
            <span className="grow">{notice.text}</span>
            <CloseButton size="sm" aria-label="Close this notice" onClick={() => close(notice.id)} />
          </div>
        ))}
      </div>
    </Context>
  )
}

export function useNotices(): Notices {
  const notices = useContext(Context)
  if (!notices) throw new Error('NoticesProvider is missing')
  return notices
}
