/** The pins of a dataset: kept by the server, so that everybody sees them. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, take } from '../api/client'
import type { Dataset } from '../api/schema'
import { useNotices } from '../shell/notices'
import type { Pin } from './pinList'

/** All of them, in their order. */
export function useKeepPins(dataset: Pick<Dataset, 'name'>) {
  const queries = useQueryClient()
  const notices = useNotices()
  return useMutation({
    mutationFn: (pins: readonly Pin[]) => take(api.PATCH('/api/datasets/{name}', { params: { path: { name: dataset.name } }, body: { hold: false, pins: [...pins] } })),
    onError: (error) => notices.failed(error),
    onSettled: () => queries.invalidateQueries({ queryKey: ['dataset', dataset.name] }),
  })
}
