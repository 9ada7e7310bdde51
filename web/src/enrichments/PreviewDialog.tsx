/** An enrichment that is kept, tried on the first ten rows. */
import { Button, Modal, Skeleton } from '@mantine/core'
import { Refused } from '../shell/Refused'
import { PreviewRows } from './PreviewRows'
import { useEnrichmentPreview } from './useEnrichments'

interface Props {
  enrichment: string
  column: string
  onClose: () => void
}

export default function PreviewDialog({ enrichment, column, onClose }: Props) {
  const preview = useEnrichmentPreview(enrichment)
  return (
    <Modal opened onClose={onClose} title={`${enrichment}, tried on ten rows`} size="xl">
      <div className="stack">
        {preview.isPending && <Skeleton height={240} radius="md" />}
        {preview.isError && <Refused error={preview.error} onRetry={() => void preview.refetch()} />}
        {preview.isSuccess && <PreviewRows preview={preview.data} column={column} />}
        <div className="row apart">
          <Button variant="default" disabled={!preview.isSuccess} loading={preview.isFetching && !preview.isPending} onClick={() => void preview.refetch()}>
            Ask again
          </Button>
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Modal>
  )
}
