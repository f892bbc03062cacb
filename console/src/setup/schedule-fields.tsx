import { Cron } from 'croner'
import { Fragment } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { Schedule } from '../api/types.ts'
import { Field } from '../elements/field.tsx'
import { Time } from '../elements/time.tsx'
import { scheduleWords, zoneOf } from '../words/schedule-words.ts'
import { ownZone, readDuration } from '../words/times.ts'
import { isZone, ZoneField } from './zone-field.tsx'

type Kind = 'manual' | 'daily' | 'interval' | 'cron'

const kinds: Record<Kind, { label: string; first: Schedule }> = {
  manual: { label: 'Only when asked', first: { type: 'manual' } },
  daily: { label: 'Every day', first: { type: 'cron', cron: '0 3 * * *', timeZone: ownZone } },
  interval: { label: 'Every few hours', first: { type: 'interval', every: 'PT1H' } },
  cron: { label: 'Cron', first: { type: 'cron', cron: '30 6 * * 1-5', timeZone: ownZone } },
}

const intervals = ['PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT2H', 'PT6H', 'PT12H', 'P1D']

/** When syncs begin by themselves, in words. */
export function ScheduleFields({ schedule, onChange }: { schedule: Schedule; onChange: (schedule: Schedule) => void }) {
  const name = useId()
  // Not read anew from the schedule: a cron line that somebody types may look like a daily one for a moment.
  const [kind, setKind] = useState(() => kindOf(schedule))
  const next = nextRun(schedule)
  return (
    <fieldset class="choices">
      <legend>When it syncs</legend>
      {Object.entries(kinds).map(([choice, { label, first }]) => (
        <Fragment key={choice}>
          <label class="choice">
            <input
              type="radio"
              name={name}
              checked={kind === choice}
              onChange={() => {
                setKind(choice as Kind)
                onChange(first)
              }}
            />
            <span>{label}</span>
          </label>
          {kind === choice && <KindFields kind={kind} schedule={schedule} onChange={onChange} />}
        </Fragment>
      ))}
      {kind !== 'manual' && scheduleFault(schedule) === undefined && (
        <p class="schedule-words" role="status">
          Syncs {scheduleWords(schedule)}
          {next !== undefined && (
            <>
              ; next: <Time at={next} zone={zoneOf(schedule)} />
            </>
          )}
        </p>
      )}
    </fieldset>
  )
}

interface PartProps {
  schedule: Schedule
  onChange: (schedule: Schedule) => void
}

/** What is to be said about a kind of schedule, right below it. */
function KindFields({ kind, ...part }: PartProps & { kind: Kind }) {
  if (kind === 'daily') return <DailyFields {...part} />
  if (kind === 'interval') return <IntervalField {...part} />
  return kind === 'cron' ? <CronFields {...part} /> : null
}

function DailyFields({ schedule, onChange }: PartProps) {
  const [minute = '0', hour = '3'] = (schedule.cron ?? '').split(' ')
  const setTime = (time: string) => {
    const [hours = '3', minutes = '0'] = time.split(':')
    onChange({ ...schedule, cron: `${Number(minutes)} ${Number(hours)} * * *` })
  }
  return (
    <div class="field-row">
      <Field label="Time" hint="Of the clock in that zone.">
        {(attributes) => (
          <input
            {...attributes}
            type="time"
            required
            value={`${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`}
            onInput={({ currentTarget }) => currentTarget.value !== '' && setTime(currentTarget.value)}
          />
        )}
      </Field>
      <ZoneField zone={schedule.timeZone ?? 'UTC'} onChange={(timeZone) => onChange({ ...schedule, timeZone })} />
    </div>
  )
}

function IntervalField({ schedule, onChange }: PartProps) {
  const { every = 'PT1H' } = schedule
  const offered = intervals.includes(every) ? intervals : [...intervals, every]
  return (
    <Field label="Interval" hint="Counted from when you save this.">
      {(attributes) => (
        <select
          {...attributes}
          value={every}
          onChange={({ currentTarget }) => onChange({ type: 'interval', every: currentTarget.value })}
        >
          {offered.map((one) => (
            <option key={one} value={one}>
              {scheduleWords({ type: 'interval', every: one })}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

function CronFields({ schedule, onChange }: PartProps) {
  return (
    <div class="field-row">
      <Field
        label="Cron line"
        hint="Minute, hour, day of the month, month, day of the week."
        fault={
          cronOf(schedule) === undefined && isZone(schedule.timeZone ?? 'UTC')
            ? 'Write five fields, such as 30 6 * * 1-5.'
            : undefined
        }
      >
        {(attributes) => (
          <input
            {...attributes}
            value={schedule.cron ?? ''}
            spellcheck={false}
            autocomplete="off"
            onInput={({ currentTarget }) => onChange({ ...schedule, cron: currentTarget.value })}
          />
        )}
      </Field>
      <ZoneField zone={schedule.timeZone ?? 'UTC'} onChange={(timeZone) => onChange({ ...schedule, timeZone })} />
    </div>
  )
}

/** Why a schedule cannot be; undefined for one that can. */
export function scheduleFault(schedule: Schedule): string | undefined {
  if (schedule.type !== 'cron') return undefined
  return cronOf(schedule) === undefined ? 'The schedule is not complete.' : undefined
}

function kindOf({ type, cron = '' }: Schedule): Kind {
  if (type !== 'cron') return type
  return /^\d{1,2} \d{1,2} \* \* \*$/.test(cron) ? 'daily' : 'cron'
}

function nextRun(schedule: Schedule): number | undefined {
  if (schedule.type === 'cron') return cronOf(schedule)?.nextRun()?.getTime()
  const length = schedule.type === 'interval' ? readDuration(schedule.every ?? '') : undefined
  return length === undefined ? undefined : Date.now() + length
}

function cronOf({ cron = '', timeZone = 'UTC' }: Schedule): Cron | undefined {
  if (cron.trim().split(/\s+/).length !== 5 || !isZone(timeZone)) return undefined
  try {
    return new Cron(cron, { timezone: timeZone, paused: true })
  } catch {
    return undefined
  }
}
