/** Events that nobody could handle: why, and the way to have one published again. */
import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '../api/client'
import type { LetterOut } from '../api/schema'
import { ago, exact } from '../format/times'
import { useNotices } from '../shell/notices'
import classes from './WorkersPage.module.css'

const SHOWN = 50

export function DeadLetters({ waiting }: { waiting: number }) {
  const letters = useQuery({
    queryKey: ['dead-letters', waiting],
    queryFn: ({ signal }) => take(api.GET('/api/dead-letters', { params: { query: { limit: SHOWN } }, signal })),
  })
  const all = letters.data?.letters ?? []
  return (
    <section className="stack tight" aria-label="Dead letters">
      <h2>Dead letters</h2>
      {letters.isError && <p className="soft">{letters.error.message}</p>}
      {letters.isSuccess && all.length === 0 && <p className="soft">None: every event was handled.</p>}
      <ul className={classes.letters}>
        {all.map((letter) => (
          <Letter key={letter.id} letter={letter} />
        ))}
      </ul>
    </section>
  )
}

function Letter({ letter }: { letter: LetterOut }) {
  const [isOpen, setOpen] = useState(false)
  const replay = useReplay(letter.id)
  return (
    <li className="card">
      <div className="row apart">
        <div className="grow">
          <h3>
            {letter.event_type} <span className="soft">in {letter.group}</span>
          </h3>
          <p className="clip">
            <bdi>
              {letter.reason}: {letter.detail}
            </bdi>
          </p>
          <p className="soft small">
            <time dateTime={letter.died_at} title={exact(letter.died_at)}>
              {ago(letter.died_at)}
            </time>
            {letter.upload_state && ` · its upload is ${letter.upload_state}`}
            {letter.replayed_at && ` · published again ${ago(letter.replayed_at)}`}
          </p>
        </div>
        <Button variant="default" size="xs" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Look at it
        </Button>
        {letter.is_event && !letter.replayed_at && (
          <Button variant="default" size="xs" loading={replay.isPending} onClick={() => replay.mutate()}>
            Publish again
          </Button>
        )}
      </div>
      {isOpen && <Whole id={letter.id} />}
    </li>
  )
}

function Whole({ id }: { id: string }) {
  const whole = useQuery({
    queryKey: ['dead-letters', 'one', id],
    queryFn: ({ signal }) => take(api.GET('/api/dead-letters/{letter_id}', { params: { path: { letter_id: id } }, signal })),
  })
  if (!whole.data) return <p className="soft">{whole.error?.message ?? 'One moment …'}</p>
  return (
    <pre className={classes.whole} tabIndex={0} aria-label="The event, and what it died of">
      {JSON.stringify(whole.data.event, null, 2)}
      {whole.data.traceback ? `\n\n${whole.data.traceback}` : ''}
    </pre>
  )
}

function useReplay(id: string) {
  const queries = useQueryClient()
  const notices = useNotices()
  return useMutation({
    mutationFn: () => take(api.POST('/api/dead-letters/{letter_id}/replay', { params: { path: { letter_id: id } } })),
    onSuccess: () => {
      notices.done('The event is published again.')
      void queries.invalidateQueries({ queryKey: ['dead-letters'] })
      void queries.invalidateQueries({ queryKey: ['workers'] })
    },
    onError: (error) => notices.failed(error),
  })
}
