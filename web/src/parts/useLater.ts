/** A text that is being typed: shown at once, told to others when the typing has paused. */
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'

const PAUSE_MS = 350

export function useLater(value: string, onSettled: (value: string) => void, pauseMs = PAUSE_MS): [string, (value: string) => void] {
  const [typed, setTyped] = useState(value)
  const tell = useDebouncedCallback(onSettled, pauseMs)
  useEffect(() => setTyped(value), [value])
  const type = (next: string) => {
    setTyped(next)
    tell(next)
  }
  return [typed, type]
}
