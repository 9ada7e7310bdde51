/** Calls when the element comes near the visible part of the page, and again for each `version` of what stands before it while it is there. */
import { useCallback, useEffect, useRef } from 'react'

const NEAR_PX = 600

export function useSeen(onSeen: () => void, version: unknown): (element: Element | null) => void {
  const call = useRef(onSeen)
  const observer = useRef<IntersectionObserver | null>(null)
  useEffect(() => {
    call.current = onSeen
  })
  return useCallback((element) => {
    observer.current?.disconnect()
    if (!element) return
    observer.current = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && call.current(), { rootMargin: `${NEAR_PX}px` })
    observer.current.observe(element)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- a new version is to be looked at anew
  }, [version])
}
