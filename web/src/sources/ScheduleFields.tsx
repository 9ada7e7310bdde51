/** When it goes by itself: a rhythm in words, or a cron expression; in which zone. */
import { Autocomplete, NativeSelect, NumberInput, TextInput } from '@mantine/core'
import { useMemo } from 'react'
import { DAYS, RHYTHMS, type Rhythm, type Schedule, scheduleText, writeSchedule } from './schedule'
import classes from './SourcesPage.module.css'

const LABELS: Readonly<Record<Rhythm, string>> = {
  never: 'Only when told to',
  hourly: 'Each hour',
  daily: 'Each day',
  weekdays: 'On weekdays',
  weekly: 'Each week',
  monthly: 'Each month',
  cron: 'By a cron expression',
}
const ZONES_SHOWN = 30
const HOURS_MAX = 24

interface Timed {
  schedule: Schedule
  zone: string
  /** Undefined: of what is not spread. */
  jitterS?: number
}

interface Props {
  /** What goes by it, as "It is fetched". */
  label: string
  form: Timed
  onChange: (change: Partial<Timed>) => void
}

export function ScheduleFields({ label, form, onChange }: Props) {
  const { schedule } = form
  const zones = useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')], [])
  const set = (change: Partial<Schedule>) => onChange({ schedule: { ...schedule, ...change } })
  const begin = (rhythm: Rhythm) => set({ rhythm, cron: rhythm === 'cron' ? writeSchedule(schedule) : schedule.cron })
  const isTimed = ['daily', 'weekdays', 'weekly', 'monthly'].includes(schedule.rhythm)
  return (
    <fieldset className={classes.group}>
      <legend>When</legend>
      <div className={classes.fields}>
        <NativeSelect label={label} data={RHYTHMS.map((value) => ({ value, label: LABELS[value] }))} value={schedule.rhythm} onChange={(event) => begin(event.currentTarget.value as Rhythm)} />
        {schedule.rhythm === 'weekly' && (
          <NativeSelect label="On" data={DAYS.map((label, value) => ({ value: String(value), label }))} value={String(schedule.day)} onChange={(event) => set({ day: Number(event.currentTarget.value) })} />
        )}
        {schedule.rhythm === 'monthly' && <NumberInput label="On day" min={1} max={31} clampBehavior="strict" value={schedule.date} onChange={(date) => set({ date: Number(date) || 1 })} />}
        {schedule.rhythm === 'hourly' && (
          <NumberInput label="Minutes past the hour" min={0} max={59} clampBehavior="strict" value={Number(schedule.time.slice(3))} onChange={(minute) => set({ time: `00:${String(minute || 0).padStart(2, '0')}` })} />
        )}
        {isTimed && <TextInput type="time" label="At" required value={schedule.time} onChange={(event) => set({ time: event.currentTarget.value })} />}
        {schedule.rhythm === 'cron' && (
          <TextInput label="Cron expression" description="Minute, hour, day, month, day of the week." placeholder="30 3 * * 1-5" required value={schedule.cron} onChange={(event) => set({ cron: event.currentTarget.value })} />
        )}
        {schedule.rhythm !== 'never' && (
          <>
            <Autocomplete label="In the zone" data={zones} limit={ZONES_SHOWN} required value={form.zone} onChange={(zone) => onChange({ zone })} />
            {form.jitterS !== undefined && (
              <NumberInput
                label="Later by up to"
                description="Minutes, by chance: so that not all ask at once."
                min={0}
                max={HOURS_MAX * 60}
                allowDecimal={false}
                value={Math.round(form.jitterS / 60)}
                onChange={(minutes) => onChange({ jitterS: (Number(minutes) || 0) * 60 })}
              />
            )}
          </>
        )}
      </div>
      <p className="soft small" role="status">
        That is {scheduleText(writeSchedule(schedule))}
        {schedule.rhythm !== 'never' && `, ${form.zone}`}.
      </p>
    </fieldset>
  )
}
