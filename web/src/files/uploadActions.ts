/** What can be done with an upload in its state, and doing it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, take } from '../api/client'
import type { Upload } from '../api/schema'
import { useNotices } from '../shell/notices'
import { isUnderWay } from './uploadsState'

export const ACTIONS = ['cancel', 'publish', 'discard', 'undo', 'retry', 'remove'] as const
export type Action = (typeof ACTIONS)[number]

export const ACTION_LABELS: Readonly<Record<Action, string>> = {
  cancel: 'Cancel',
  publish: 'Publish',
  discard: 'Discard',
  undo: 'Undo',
  retry: 'Try again',
  remove: 'Remove',
}
const DONE: Readonly<Record<Action, string>> = {
  cancel: 'is cancelled.',
  publish: 'is published: readers see it.',
  discard: 'is discarded. The dataset stays as it was.',
  undo: 'is undone: readers see the version before.',
  retry: 'is loaded again from its stored file.',
  remove: 'is removed.',
}

/** Of a complete upload, undo is for the newest alone: others are taken out by removing them. The server knows which it is. */
export function actionsFor(upload: Pick<Upload, 'state' | 'removing'>): Action[] {
  if (upload.removing) return []
  if (upload.state === 'HELD') return ['publish', 'discard']
  if (isUnderWay(upload)) return ['cancel']
  if (upload.state === 'COMPLETE') return ['undo', 'remove']
  if (upload.state === 'FAILED') return ['retry', 'remove']
  return ['remove']
}

const WAYS = {
  cancel: '/api/uploads/{upload_id}/cancel',
  publish: '/api/uploads/{upload_id}/publish',
  discard: '/api/uploads/{upload_id}/discard',
  undo: '/api/uploads/{upload_id}/undo',
  retry: '/api/uploads/{upload_id}/retry',
} as const

export function useUploadAction(upload: Pick<Upload, 'id' | 'file_name'>) {
  const queries = useQueryClient()
  const notices = useNotices()
  return useMutation({
    mutationFn: async (action: Action) => {
      const params = { path: { upload_id: upload.id } }
      if (action === 'remove') await take(api.DELETE('/api/uploads/{upload_id}', { params }))
      else await take(api.POST(WAYS[action], { params }))
    },
    onSuccess: (_, action) => notices.done(`${upload.file_name} ${DONE[action]}`),
    onError: (error) => notices.failed(error),
    onSettled: () => queries.invalidateQueries(),
  })
}

export function useRename(upload: Pick<Upload, 'id'>) {
  const queries = useQueryClient()
  const notices = useNotices()
  return useMutation({
    mutationFn: (fileName: string) =>
      take(api.PATCH('/api/uploads/{upload_id}', { params: { path: { upload_id: upload.id } }, body: { file_name: fileName } })),
    onError: (error) => notices.failed(error),
    onSettled: () => queries.invalidateQueries({ queryKey: ['uploads'] }),
  })
}
