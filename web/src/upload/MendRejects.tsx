/** The records that could not be loaded, in a grid: mended in place, they are loaded as an upload of their own. */
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { rejectsUrl } from '../api/addresses'
import { api, Refusal, take } from '../api/client'
import type { Upload } from '../api/schema'
import { isUnderWay } from '../files/uploadsState'
import { randomKey, send } from '../files/sending'
import { counted } from '../format/numbers'
import { Refused } from '../shell/Refused'
import { useNotices } from '../shell/notices'
import classes from './MendRejects.module.css'
import { mendedOptions, readRejects, writeCsv } from './mending'

const MENDED_AT_ONCE_MAX = 500
const BUSY_MS = 500

export default function MendRejects({ upload }: { upload: Upload }) {
  const notices = useNotices()
  const rejects = useQuery({ queryKey: ['rejects', upload.id, 'mendable'], queryFn: () => fetchRejects(upload.id), staleTime: Infinity })
  const [mended, setMended] = useState<Readonly<Record<number, readonly string[]>>>({})
  const [sent, setSent] = useState<{ id: string; records: number } | null>(null)
  if (rejects.isError) return <Refused error={rejects.error} onRetry={() => void rejects.refetch()} />
  if (!rejects.data) return null
  const { titles, rejects: all, details } = rejects.data
  const rows = Object.values(mended)
  const load = async () => {
    const file = new File([writeCsv([titles, ...rows])], `${upload.file_name} mended.csv`, { type: 'text/csv' })
    try {
      const made = await send({ file, options: mendedOptions(upload), key: randomKey(), onProgress: () => {}, signal: new AbortController().signal })
      setSent({ id: made.id, records: rows.length })
    } catch (error) {
      notices.failed(error)
    }
  }
  return (
    <div className="stack tight">
      <div className={classes.scroller} tabIndex={0} role="region" aria-label="Records to mend">
        <table className={classes.grid}>
          <thead>
            <tr>
              <th scope="col">Line</th>
              {titles.map((title, place) => (
                <th key={place} scope="col">
                  <bdi>{title}</bdi>
                </th>
              ))}
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {all.map((reject, number) => (
              <tr key={reject.record} data-mended={mended[number] !== undefined || undefined}>
                <td className="soft numbers">{reject.line}</td>
                {titles.map((title, place) => (
                  <td key={place}>
                    <TextInput
                      size="xs"
                      aria-label={`${title}, line ${reject.line}`}
                      value={(mended[number] ?? reject.fields)[place] ?? ''}
                      onChange={(event) => {
                        const fields = [...(mended[number] ?? reject.fields)]
                        fields[place] = event.currentTarget.value
                        setMended((now) => ({ ...now, [number]: fields }))
                      }}
                    />
                  </td>
                ))}
                <td className={classes.why}>
                  {details.get(reject.record)}
                  {reject.extra.length > 0 && <code dir="auto"> {reject.extra.join(', ')}</code>}
                  {reject.extra.length > 0 && mended[number] === undefined && (
                    <Button variant="default" size="compact-xs" ml="xs" onClick={() => setMended((now) => ({ ...now, [number]: reject.fields }))}>
                      Leave that out
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="row">
        <Button size="sm" disabled={rows.length === 0} onClick={() => void load()}>
          {rows.length === 0 ? 'Change a record to load it' : `Load ${counted(rows.length, 'mended record')}`}
        </Button>
        {sent && <Mended id={sent.id} records={sent.records} rejects={upload.rejects} />}
      </div>
    </div>
  )
}

function Mended({ id, records, rejects }: { id: string; records: number; rejects: number }) {
  const upload = useQuery({
    queryKey: ['uploads', 'one', id],
    queryFn: ({ signal }) => take(api.GET('/api/uploads/{upload_id}', { params: { path: { upload_id: id } }, signal })),
    refetchInterval: (query) => (!query.state.data || isUnderWay(query.state.data) ? BUSY_MS : false),
  })
  return (
    <p role="status">
      <Link to="/uploads/$id" params={{ id }}>
        {!upload.data || isUnderWay(upload.data) ? `${counted(records, 'record')} on the way` : `${upload.data.rows} of ${rejects} mended`}
      </Link>
      {upload.data?.error && ` ${upload.data.error.detail}`}
    </p>
  )
}

async function fetchRejects(id: string) {
  const answer = await fetch(rejectsUrl(id))
  if (!answer.ok) throw new Refusal(`The server answered ${answer.status}.`, answer.status, '')
  const page = await take(api.GET('/api/uploads/{upload_id}/rejects', { params: { path: { upload_id: id }, query: { limit: MENDED_AT_ONCE_MAX } } }))
  return { ...readRejects(await answer.text()), details: new Map(page.rejects.map((reject) => [String(reject.record), reject.detail])) }
}
