/** Schedules: cron expressions as people say them, and back. Pure. */

export const RHYTHMS = ['never', 'hourly', 'daily', 'weekdays', 'weekly', 'monthly', 'cron'] as const
export type Rhythm = (typeof RHYTHMS)[number]

export interface Schedule {
  rhythm: Rhythm
  /** "03:30"; of an hourly one the minute counts. */
  time: string
  /** Of the week, 0 is Sunday. */
  day: number
  /** Of the month. */
  date: number
  /** As it was written. */
  cron: string
}

export const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const NAMED: Readonly<Record<string, string>> = { '@hourly': '0 * * * *', '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@weekly': '0 0 * * 0', '@monthly': '0 0 1 * *' }
export const NEVER: Schedule = { rhythm: 'never', time: '03:30', day: 1, date: 1, cron: '' }

interface Parts {
  minute: string
  hour: string
  date: string
  month: string
  day: string
}

function partsOf(cron: string): Parts | null {
  const [minute, hour, date, month, day, ...more] = (NAMED[cron.trim()] ?? cron.trim()).split(/\s+/)
  return minute && hour && date && month && day && more.length === 0 ? { minute, hour, date, month, day } : null
}

const isNumber = (text: string): boolean => /^\d{1,2}$/.test(text)
const clock = (hour: string, minute: string): string => `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`

/** What the form can say; anything else stays a cron expression. */
export function readSchedule(cron: string): Schedule {
  const written = { ...NEVER, cron }
  if (cron.trim() === '') return written
  const parts = partsOf(cron)
  if (!parts || parts.month !== '*' || !isNumber(parts.minute)) return { ...written, rhythm: 'cron' }
  const { minute, hour, date, day } = parts
  if (hour === '*' && date === '*' && day === '*') return { ...written, rhythm: 'hourly', time: clock('0', minute) }
  if (!isNumber(hour)) return { ...written, rhythm: 'cron' }
  const time = clock(hour, minute)
  if (date === '*' && day === '*') return { ...written, rhythm: 'daily', time }
  if (date === '*' && /^(1-5|mon-fri)$/i.test(day)) return { ...written, rhythm: 'weekdays', time }
  if (date === '*' && /^[0-7]$/.test(day)) return { ...written, rhythm: 'weekly', time, day: Number(day) % 7 }
  if (day === '*' && isNumber(date)) return { ...written, rhythm: 'monthly', time, date: Number(date) }
  return { ...written, rhythm: 'cron' }
}

export function writeSchedule({ rhythm, time, day, date, cron }: Schedule): string {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  const at = `${minute} ${hour}`
  const crons: Readonly<Record<Rhythm, string>> = {
    never: '',
    hourly: `${minute} * * * *`,
    daily: `${at} * * *`,
    weekdays: `${at} * * 1-5`,
    weekly: `${at} * * ${day}`,
    monthly: `${at} ${date} * *`,
    cron: cron.trim(),
  }
  return crons[rhythm]
}

/** "each day at 03:30", "on weekdays at 06:00 and 18:00", "every 15 minutes"; what cannot be said in words, as it is written. */
export function scheduleText(cron: string): string {
  const { rhythm, time, day, date } = readSchedule(cron)
  if (rhythm === 'never') return 'only when told to'
  if (rhythm === 'hourly') return time === '00:00' ? 'each hour, on the hour' : `each hour, ${Number(time.slice(3))} minutes past`
  if (rhythm === 'daily') return `each day at ${time}`
  if (rhythm === 'weekdays') return `on weekdays at ${time}`
  if (rhythm === 'weekly') return `on ${DAYS[day] ?? ''}s at ${time}`
  if (rhythm === 'monthly') return `on day ${date} of each month at ${time}`
  return often(cron) ?? `by the cron expression ${cron}`
}

function often(cron: string): string | null {
  const parts = partsOf(cron)
  if (!parts || parts.month !== '*' || parts.date !== '*') return null
  const { minute, hour, day } = parts
  const step = /^\*\/(\d{1,2})$/
  const minutes = step.exec(minute)?.[1]
  const hours = step.exec(hour)?.[1]
  if (minutes && hour === '*' && day === '*') return `every ${minutes} minutes`
  if (hours && isNumber(minute) && day === '*') return `every ${hours} hours, ${minute === '0' ? 'on the hour' : `${minute} minutes past`}`
  if (!isNumber(minute) || !/^\d{1,2}(,\d{1,2})+$/.test(hour)) return null
  const times = hour.split(',').map((one) => clock(one, minute))
  const on = day === '*' ? 'each day' : /^(1-5|mon-fri)$/i.test(day) ? 'on weekdays' : null
  return on && `${on} at ${times.slice(0, -1).join(', ')} and ${times.at(-1) ?? ''}`
}
