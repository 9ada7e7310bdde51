/** One upload in the list. */
import { Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Upload } from '../api/schema'
import { bytes, count } from '../format/numbers'
import { ago, exact } from '../format/times'
import { StateBadge, UploadProgress } from './StateBadge'
import { UploadMenu } from './UploadMenu'
import classes from './UploadList.module.css'

export function UploadRow({ upload }: { upload: Upload }) {
  return (
    <tr data-upload={upload.id}>
      <td className={classes.file}>
        <Link className="clip" to="/uploads/$id" params={{ id: upload.id }} title={upload.file_name}>
          <bdi>{upload.file_name}</bdi>
        </Link>
      </td>
      <td>
        <Link to="/datasets/$name" params={{ name: upload.dataset }}>
          {upload.dataset}
        </Link>
      </td>
      <td className={classes.state}>
        <StateBadge upload={upload} />
        <UploadProgress upload={upload} />
      </td>
      <td data-numeric data-label="Rows">
        {count(upload.rows)}
      </td>
      <td data-numeric data-label="Rejects" className={upload.rejects > 0 ? classes.rejects : undefined}>
        {count(upload.rejects)}
      </td>
      <td data-numeric data-label="Size">
        {upload.size_bytes === null || upload.size_bytes === undefined ? '…' : bytes(upload.size_bytes)}
      </td>
      <td className="soft">
        <Tooltip label={exact(upload.created_at)}>
          <time dateTime={upload.created_at}>{ago(upload.created_at)}</time>
        </Tooltip>
      </td>
      <td className={classes.actions}>
        <UploadMenu upload={upload} />
      </td>
    </tr>
  )
}
