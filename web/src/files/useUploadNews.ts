/** Listens to what the server tells of uploads, so that lists need not be asked for again and again; nothing is heard in a hidden tab, since a browser
 * has few connections for all its tabs. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { newsUrl } from '../api/addresses'

const AGAIN_MS = 2_000

/** Whether it is heard: where the stream fails, who needs news has to ask. */
export function useUploadNews(): boolean {
  const queries = useQueryClient()
  const [isHeard, setHeard] = useState(false)
  useEffect(() => {
    let source: EventSource | undefined
    let waiting: ReturnType<typeof setTimeout> | undefined
    const close = () => {
      source?.close()
      source = undefined
      clearTimeout(waiting)
      setHeard(false)
    }
    const open = () => {
      close()
      if (document.hidden) return
      source = new EventSource(newsUrl())
      source.onopen = () => {
        setHeard(true)
        void queries.invalidateQueries({ queryKey: ['uploads'] }) // what was missed before
      }
      source.addEventListener('uploads', () => void queries.invalidateQueries({ queryKey: ['uploads'] }))
      source.onerror = () => {
        close()
        waiting = setTimeout(open, AGAIN_MS)
      }
    }
    open()
    document.addEventListener('visibilitychange', open)
    return () => {
      document.removeEventListener('visibilitychange', open)
      close()
    }
  }, [queries])
  return isHeard
}
