/** What can be said of a dataset as a whole: how many versions it keeps, the language of its words, what its files have to keep to. */
import { Button, Checkbox, Drawer, NativeSelect, NumberInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '../api/client'
import type { Dataset, DatasetChanges } from '../api/schema'
import { useNotices } from '../shell/notices'

const KEPT_MAX = 1_000
const LANGUAGES = ['danish', 'dutch', 'english', 'finnish', 'french', 'german', 'italian', 'norwegian', 'portuguese', 'russian', 'spanish', 'swedish'] as const
type Language = (typeof LANGUAGES)[number] | 'none' | 'found'
const CHOICES: readonly { value: Language; label: string }[] = [
  { value: 'found', label: 'as Rowmill finds it' },
  { value: 'none', label: 'None: words are found as they stand' },
  ...LANGUAGES.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) })),
]

export default function SettingsDrawer({ dataset, onClose }: { dataset: Dataset; onClose: () => void }) {
  const queries = useQueryClient()
  const notices = useNotices()
  const given = CHOICES.find((choice) => choice.value === dataset.language_given)?.value ?? 'found'
  const [kept, setKept] = useState<number | string>(dataset.versions_kept)
  const [language, setLanguage] = useState<Language>(given)
  const [rejects, setRejects] = useState(dataset.guards.max_rejects ?? '')
  const [isHeld, setHeld] = useState(dataset.guards.on_warning === 'hold')
  const isGuardedSo = rejects.trim() === (dataset.guards.max_rejects ?? '') && isHeld === (dataset.guards.on_warning === 'hold')
  const change = useMutation({
    mutationFn: (body: DatasetChanges) => take(api.PATCH('/api/datasets/{name}', { params: { path: { name: dataset.name } }, body })),
    onSuccess: () => {
      notices.done(`${dataset.title} is set so.`)
      onClose()
    },
    onError: (error) => notices.failed(error),
    onSettled: () => queries.invalidateQueries(),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate({
      hold: false,
      ...(kept === dataset.versions_kept ? {} : { versions_kept: Number(kept) }),
      ...(language === given ? {} : { language }),
      ...(isGuardedSo ? {} : { guards: { max_rejects: rejects.trim(), on_warning: isHeld ? 'hold' : 'publish' } }),
    })
  }
  const goes = dataset.versions.length - Number(kept)
  return (
    <Drawer opened onClose={onClose} title={`Settings of ${dataset.title}`} overlayProps={{ backgroundOpacity: 0.15 }}>
      <form className="stack" onSubmit={submit}>
        <NumberInput
          label="Versions that are kept"
          description="With the one that readers see. Older ones go, with the rows and files that only they needed."
          min={1}
          max={KEPT_MAX}
          allowDecimal={false}
          clampBehavior="strict"
          required
          value={kept}
          onChange={setKept}
        />
        {goes > 0 && Number(kept) > 0 && <p role="status">{goes === 1 ? 'The oldest version goes' : `The ${goes} oldest versions go`}. That cannot be taken back.</p>}
        <NativeSelect
          label="Language of its words"
          description={`In it words are found in their other forms, too: teapots for teapot.${language === 'found' ? ` Found: ${dataset.language === 'none' ? 'none' : dataset.language}.` : ''}`}
          data={[...CHOICES]}
          value={language}
          onChange={(event) => setLanguage(CHOICES.find((choice) => choice.value === event.currentTarget.value)?.value ?? 'found')}
        />
        <TextInput
          label="Rejects that a file may have"
          description="A count, or a share as 5%. With more nothing is published, whatever the upload says. Empty: as each upload says."
          placeholder="5%"
          pattern="\d{1,18}|\d{1,3}(\.\d{1,6})?%"
          title="A count such as 10, or a share such as 0.5%"
          value={rejects}
          onChange={(event) => setRejects(event.currentTarget.value)}
        />
        <Checkbox label="A file with warnings waits until somebody has looked" checked={isHeld} onChange={(event) => setHeld(event.currentTarget.checked)} />
        <div className="row apart">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={change.isPending} disabled={kept === dataset.versions_kept && language === given && isGuardedSo}>
            Keep it so
          </Button>
        </div>
      </form>
    </Drawer>
  )
}
