/** The dialog of the search over everything: datasets whose rows match, the best rows of each, and pages by name. */
import { Loader, Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconArrowRight, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type LinkProps, useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useState } from 'react'
import { api, take } from '../api/client'
import { Marked } from '../parts/Marked'
import { choicesOf, footOf, PAGES } from './choices'
import classes from './SearchDialog.module.css'

const PAUSE_MS = 150

export default function SearchDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [q] = useDebouncedValue(text.trim(), PAUSE_MS)
  const [place, setPlace] = useState(0)
  const hits = useQuery({
    queryKey: ['search', q],
    queryFn: ({ signal }) => take(api.GET('/api/search', { params: { query: { q } }, signal })),
    enabled: q !== '',
    placeholderData: keepPreviousData,
  })
  const choices = choicesOf(text, q === '' ? undefined : hits.data)
  const active = Math.min(place, choices.length - 1)
  const go = (to: LinkProps) => {
    onClose()
    void navigate(to)
  }
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      setPlace(Math.max(0, Math.min(choices.length - 1, active + step)))
    }
    const choice = choices[active]
    if (event.key === 'Enter' && choice) go(choice.to)
  }
  return (
    <Modal opened onClose={onClose} withCloseButton={false} size="lg" padding={0} yOffset="12vh" centered={false} attributes={{ content: { 'aria-label': 'Search everything' } }}>
      <TextInput
        variant="unstyled"
        size="lg"
        className={classes.input}
        leftSection={<IconSearch size={19} aria-hidden />}
        rightSection={hits.isFetching ? <Loader size="xs" /> : null}
        placeholder={`Words in any dataset, or ${PAGES[0]?.label.toLowerCase() ?? ''}…`}
        aria-label="Search everything"
        role="combobox"
        aria-expanded
        aria-controls="choices"
        aria-activedescendant={choices[active] ? `choice-${active}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setPlace(0)
        }}
        onKeyDown={press}
        data-autofocus
      />
      <div id="choices" role="listbox" aria-label="Where to go" className={classes.choices}>
        {choices.map((choice, number) => (
          <div
            key={choice.key}
            id={`choice-${number}`}
            role="option"
            aria-selected={number === active}
            tabIndex={-1}
            className={classes.choice}
            onClick={() => go(choice.to)}
            onKeyDown={press}
            onMouseMove={() => setPlace(number)}
          >
            <span className={classes.label}>{choice.label}</span>
            <span className={`${classes.text} clip`}>{choice.marked ? <Marked text={choice.marked} /> : choice.text}</span>
            <IconArrowRight size={15} aria-hidden className={classes.arrow} />
          </div>
        ))}
      </div>
      <p className={`${classes.foot} soft small`} role="status">
        {hits.error instanceof Error ? hits.error.message : q && hits.data ? footOf(hits.data, choices.length) : 'Arrows choose, Enter opens, Esc closes.'}
      </p>
    </Modal>
  )
}
