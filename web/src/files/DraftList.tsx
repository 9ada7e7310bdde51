/** The files that wait to be loaded: one open, with its preview, the others in a line each; all can be loaded together. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import { counted } from '../format/numbers'
import { DraftCard } from './DraftCard'
import { canLoad } from './draftsState'
import { useDrafts } from './drafts'

export function DraftList() {
  const { drafts, load, remove } = useDrafts()
  const [chosen, setChosen] = useState<number | null>(null)
  if (drafts.length === 0) return null
  const open = drafts.find((draft) => draft.id === chosen) ?? drafts[0]
  const ready = drafts.filter(canLoad).map((draft) => draft.id)
  return (
    <section className="stack tight" aria-label="Files to load">
      {drafts.length > 1 && (
        <div className="row apart">
          <h2>{counted(drafts.length, 'file')} to load</h2>
          <div className="row">
            <Button variant="subtle" color="gray" size="compact-sm" onClick={() => drafts.forEach((draft) => remove(draft.id))}>
              Put all away
            </Button>
            <Button size="compact-sm" disabled={ready.length === 0} onClick={() => load(ready)}>
              Load {ready.length === drafts.length ? 'all' : counted(ready.length, 'file')}
            </Button>
          </div>
        </div>
      )}
      {drafts.map((draft) => (
        <DraftCard key={draft.id} draft={draft} open={draft === open} onOpen={() => setChosen(draft.id)} />
      ))}
    </section>
  )
}
