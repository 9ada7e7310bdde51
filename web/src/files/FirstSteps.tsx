/** What a new user can try, in the order in which it makes sense; gone for good once it is put away, and where there are many files already. */
import { Button, CloseButton } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconCircle, IconCircleCheck } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Upload } from '../api/schema'
import { counted } from '../format/numbers'
import { useDrafts } from './drafts'
import classes from './FirstSteps.module.css'
import { firstSteps } from './firstStepsState'
import { sampleFile } from './sampleFile'

export function FirstSteps({ uploads }: { uploads: readonly Upload[] }) {
  const { add } = useDrafts()
  const [isAway, setAway] = useLocalStorage({ key: 'rowmill-first-steps-away', defaultValue: false, getInitialValueInEffect: false })
  const steps = firstSteps(uploads)
  if (isAway || !steps) return null
  const { toMend, dataset } = steps
  return (
    <section className={`card ${classes.card}`} aria-label="First steps">
      <div className="row apart">
        <h2>First time here? Four things to try</h2>
        <CloseButton aria-label="Put the first steps away" onClick={() => setAway(true)} />
      </div>
      <ol className={classes.steps}>
        <Step title="See a file before it loads" isDone={steps.isSampleLoaded} text="A messy price list: see what is made of it, decide otherwise by a button, load it.">
          <Button size="compact-sm" variant={steps.isSampleLoaded ? 'default' : 'filled'} onClick={() => add([sampleFile()])}>
            Try a messy sample
          </Button>
        </Step>
        <Step title="Mend what could not be loaded" isDone={steps.isMended} text={toMend ? `${counted(toMend.rejects, 'record')} of ${toMend.file_name} kept for it.` : 'Nothing to mend: all records were loaded.'}>
          {toMend && (
            <Link to="/uploads/$id" params={{ id: toMend.id }}>
              Mend them
            </Link>
          )}
        </Step>
        <Step title="Search" text="Words, filters, facets. The address of the page holds all of it.">
          <Link to="/datasets/$name" params={{ name: dataset }}>
            Search {dataset}
          </Link>
        </Step>
        <Step title="Take it back" isDone={steps.isUndone} text="Each load is a version: look at any of them, undo the newest.">
          <Link to="/datasets/$name" params={{ name: dataset }} search={{ tab: 'versions' }}>
            Versions of {dataset}
          </Link>
        </Step>
      </ol>
    </section>
  )
}

interface StepProps {
  title: string
  text: string
  /** Not said where nobody can tell. */
  isDone?: boolean
  children: ReactNode
}

function Step({ title, text, isDone, children }: StepProps) {
  return (
    <li>
      <strong className="row">
        {isDone ? <IconCircleCheck size={17} className={classes.done} aria-label="Done:" /> : <IconCircle size={17} className="soft" aria-hidden />}
        {title}
      </strong>
      <span className="soft">{text}</span>
      <span>{children}</span>
    </li>
  )
}
