/** Stands before every page: where the server wants a key it is asked for, once; it comes back when the key is good no more. */
import { Alert, Button, PasswordInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import classes from './Door.module.css'
import { enter, ME, useMe, wantsKey } from './useMe'

export function Door({ children }: { children: ReactNode }) {
  const me = useMe()
  if (me.isPending) return null
  return wantsKey(me.error) ? <AskForKey /> : children
}

function AskForKey() {
  const queries = useQueryClient()
  const [key, setKey] = useState('')
  const [refused, setRefused] = useState('')
  const [isAsking, setAsking] = useState(false)

  async function submit(event: FormEvent) {
    event.preventDefault()
    setAsking(true)
    setRefused('')
    try {
      await enter(key.trim())
      await queries.resetQueries({ queryKey: ME })
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error))
    } finally {
      setAsking(false)
    }
  }

  return (
    <form className={classes.door} onSubmit={(event) => void submit(event)}>
      <h1>This server wants a key</h1>
      <p>
        Whoever runs it has shown the first one when it started, and makes others with <code>rowmill keys create</code>. The key stays in this browser, in a
        cookie that no script can read.
      </p>
      {refused && (
        <Alert color="red" variant="light" radius="md" title="That key is not taken">
          {refused}
        </Alert>
      )}
      <PasswordInput
        label="Key"
        placeholder="rwm_…"
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
        autoComplete="current-password"
        autoFocus
        required
      />
      <div>
        <Button type="submit" loading={isAsking} disabled={!key.trim()}>
          Enter
        </Button>
      </div>
    </form>
  )
}
