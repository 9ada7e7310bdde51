/** What can be said of a dataset as a whole: how many versions it keeps, and the language of its words. */
import { Button, Drawer, NativeSelect, NumberInput } from '@mantine/core'
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
        <div className="row apart">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={change.isPending} disabled={kept === dataset.versions_kept && language === given}>
            Keep it so
          </Button>
        </div>
      </form>
    </Drawer>
  )
}
