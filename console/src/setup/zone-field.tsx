import { useId } from 'preact/hooks'
import { Field } from '../elements/field.tsx'
import { ownZone } from '../words/times.ts'

const zones = Intl.supportedValuesOf('timeZone')

interface ZoneFieldProps {
  zone: string
  onChange: (zone: string) => void
}

/** The zone whose clock a schedule goes by. The name of a city is enough. */
export function ZoneField({ zone, onChange }: ZoneFieldProps) {
  const listId = useId()
  const meant = isZone(zone) ? [] : zonesLike(zone)
  return (
    <div>
      <Field
        label="Time zone"
        hint={zone === ownZone ? 'That of this browser.' : 'A city is enough, for example Berlin.'}
        fault={
          isZone(zone) || meant.length > 0 ? undefined : 'There is no such time zone. Write one such as Europe/Berlin.'
        }
      >
        {(attributes) => (
          <>
            <input
              {...attributes}
              list={listId}
              value={zone}
              spellcheck={false}
              autocomplete="off"
              onInput={({ currentTarget }) => onChange(currentTarget.value.trim())}
              onBlur={() => meant[0] !== undefined && onChange(meant[0])}
            />
            <datalist id={listId}>
              {zones.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      {meant.length > 0 && (
        <p class="hint meant">
          Meant is{' '}
          {meant.map((one) => (
            <button key={one} type="button" class="quiet small" onClick={() => onChange(one)}>
              {one}
            </button>
          ))}
        </p>
      )}
    </div>
  )
}

const mostMeant = 4

/** Zones with a name in which the text stands, those whose city begins with it first. */
function zonesLike(text: string): string[] {
  const wanted = text.trim().toLowerCase().replaceAll(' ', '_')
  if (wanted === '') return []
  const like = zones.filter((zone) => zone.toLowerCase().includes(wanted))
  const begins = (zone: string) => (zone.toLowerCase().split('/').at(-1) ?? '').startsWith(wanted)
  return like.toSorted((one, other) => Number(begins(other)) - Number(begins(one))).slice(0, mostMeant)
}

export function isZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name })
    return name !== ''
  } catch {
    return false
  }
}
