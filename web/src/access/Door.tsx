/** Stands before every page: where the server wants to know who asks, a key is asked for, once, or people sign in; it comes back when that is good no more. */
import { Alert, Button, PasswordInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import classes from './Door.module.css'
import { enter, ME, signInRefusal, useMe, useSignIn, wantsKey } from './useMe'

export function Door({ children }: { children: ReactNode }) {
  const me = useMe()
  if (me.isPending) return null
  return wantsKey(me.error) ? <AskForKey /> : children
}

function AskForKey() {
  const queries = useQueryClient()
  const [key, setKey] = useState('')
  const [refused, setRefused] = useState(signInRefusal)
  const signIn = useSignIn().data
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
      <h1>{signIn ? 'Sign in' : 'This server wants a key'}</h1>
      {signIn && (
        <>
          <Button size="md" onClick={() => location.assign(signIn)}>
            Sign in
          </Button>
          <p>Or with a key:</p>
        </>
      )}
      <p>
        Whoever runs it has shown the first one when it started, and makes others with <code>rowmill keys create</code>. The key stays in this browser, in a
        cookie that no script can read.
      </p>
      {refused && (
        <Alert color="red" variant="light" radius="md" title="You are not let in">
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
