/** The secret of a source, or of an enrichment: given here, kept encrypted, and never shown again. */
import { NativeSelect, PasswordInput, Textarea, TextInput } from '@mantine/core'
import type { SecretForm, SecretKind } from './form'
import classes from './SourcesPage.module.css'

const LABELS: Readonly<Record<SecretKind, string>> = {
  keep: 'The one that is kept',
  none: 'None',
  token: 'A token',
  user: 'A user and a password',
  headers: 'Secret headers',
}

interface Props {
  secret: SecretForm
  /** Those that the place takes. */
  kinds: readonly SecretKind[]
  isS3?: boolean
  hasOne: boolean
  onChange: (change: { secret: SecretForm }) => void
}

export function SecretFields({ secret, kinds, isS3, hasOne, onChange }: Props) {
  const set = (change: Partial<SecretForm>) => onChange({ secret: { ...secret, ...change } })
  const offered: SecretKind[] = [...(hasOne ? (['keep'] as const) : []), ...kinds]
  return (
    <fieldset className={classes.group}>
      <legend>Its secret</legend>
      <div className={classes.fields}>
        <NativeSelect
          label="Secret"
          description={hasOne ? 'Nobody can read it. With another place it has to be given again.' : 'Kept encrypted, never shown again.'}
          data={offered.map((kind) => ({ value: kind, label: isS3 && kind === 'user' ? 'An access key' : LABELS[kind] }))}
          value={secret.kind}
          onChange={(event) => set({ kind: event.currentTarget.value as SecretKind })}
        />
        {secret.kind === 'token' && (
          <PasswordInput label="Token" description="Sent as Authorization: Bearer." required autoComplete="off" value={secret.token} onChange={(event) => set({ token: event.currentTarget.value })} />
        )}
        {secret.kind === 'user' && (
          <>
            <TextInput label={isS3 ? 'Access key' : 'User'} required autoComplete="off" value={secret.user} onChange={(event) => set({ user: event.currentTarget.value })} />
            <PasswordInput label={isS3 ? 'Secret key' : 'Password'} autoComplete="new-password" value={secret.password} onChange={(event) => set({ password: event.currentTarget.value })} />
          </>
        )}
        {secret.kind === 'headers' && (
          <Textarea className={classes.whole} label="Headers that are secret" description="A line for each: Name: value." rows={2} required value={secret.headers} onChange={(event) => set({ headers: event.currentTarget.value })} />
        )}
      </div>
    </fieldset>
  )
}
