/** Files that were dropped, picked or pasted and are not loaded yet: each previewed, editable, then sent. They outlive a change of page. */
import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useReducer, useRef } from 'react'
import { useNotices } from '../shell/notices'
import { type Draft, type DraftChange, draftsAfter, isWaiting } from './draftsState'
import { datasetFor, type Options } from './options'
import { preview } from './preview'
import { randomKey, send } from './sending'

export const SENT_AT_ONCE = 3
const PREVIEWED_AT_ONCE = 4

interface Drafts {
  drafts: readonly Draft[]
  add: (files: readonly File[]) => void
  change: (id: number, options: Options) => void
  load: (ids: readonly number[]) => void
  remove: (id: number) => void
}

const Context = createContext<Drafts | null>(null)
let lastId = 0

export function DraftsProvider({ children }: { children: ReactNode }) {
  const [drafts, dispatch] = useReducer(draftsAfter, [])
  usePreviews(drafts, dispatch)
  const stop = useSending(drafts, dispatch)
  const add = useCallback((files: readonly File[]) => {
    const fresh = files.map((file) => ({ id: ++lastId, file, key: randomKey(), options: { dataset: datasetFor(file.name) } }))
    dispatch({ kind: 'added', drafts: fresh })
  }, [])
  const value = useMemo<Drafts>(
    () => ({
      drafts,
      add,
      change: (id, options) => dispatch({ kind: 'options', id, options }),
      load: (ids) => dispatch({ kind: 'queued', ids }),
      remove: (id) => {
        stop(id)
        dispatch({ kind: 'removed', id })
      },
    }),
    [drafts, add, stop],
  )
  return <Context value={value}>{children}</Context>
}

/** Asks for each preview that is out of date, a few at once. */
function usePreviews(drafts: readonly Draft[], dispatch: (change: DraftChange) => void) {
  const asked = useRef(new Map<number, AbortController>())
  useEffect(() => {
    for (const draft of drafts.filter((one) => one.phase === 'unseen').slice(0, PREVIEWED_AT_ONCE)) {
      asked.current.get(draft.id)?.abort()
      const controller = new AbortController()
      asked.current.set(draft.id, controller)
      dispatch({ kind: 'previewing', id: draft.id })
      preview(draft.file, draft.options, controller.signal).then(
        (seen) => dispatch({ kind: 'previewed', id: draft.id, options: draft.options, preview: seen }),
        (error: unknown) => {
          if (!controller.signal.aborted) dispatch({ kind: 'refused', id: draft.id, options: draft.options, error: error as Error })
        },
      )
    }
  }, [drafts, dispatch])
}

/** Sends what is queued, a few at once. Gives the function that stops one. */
function useSending(drafts: readonly Draft[], dispatch: (change: DraftChange) => void): (id: number) => void {
  const running = useRef(new Map<number, AbortController>())
  const queries = useQueryClient()
  const notices = useNotices()
  useEffect(() => {
    const free = SENT_AT_ONCE - running.current.size
    for (const draft of drafts.filter((one) => isWaiting(one) && !running.current.has(one.id)).slice(0, Math.max(0, free))) {
      const controller = new AbortController()
      running.current.set(draft.id, controller)
      dispatch({ kind: 'sending', id: draft.id })
      const onProgress = (sent: number) => dispatch({ kind: 'sent', id: draft.id, sent })
      send({ file: draft.file, options: draft.options, key: draft.key, onProgress, signal: controller.signal })
        .then(
          (upload) => {
            dispatch({ kind: 'removed', id: draft.id })
            notices.done(`${upload.file_name} is on its way into ${upload.dataset}.`)
          },
          (error: unknown) => {
            if (!controller.signal.aborted) dispatch({ kind: 'failed', id: draft.id, error: error as Error })
          },
        )
        .finally(() => {
          running.current.delete(draft.id)
          dispatch({ kind: 'settled' })
          void queries.invalidateQueries({ queryKey: ['uploads'] })
        })
    }
  }, [drafts, dispatch, queries, notices])
  return useCallback((id) => running.current.get(id)?.abort(), [])
}

export function useDrafts(): Drafts {
  const drafts = useContext(Context)
  if (!drafts) throw new Error('DraftsProvider is missing')
  return drafts
}
