import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Place, pathOf, readPlace } from './place.ts'
import { serviceRoot } from './service-root.ts'

const moved = 'console:moved'

/** Goes to a place, as a click on a link does. @param replaces whether *Back* passes over where we are now */
export function goTo(place: Place, { replaces = false } = {}): void {
  const url = new URL(pathOf(place), serviceRoot)
  if (replaces) history.replaceState(null, '', url)
  else history.pushState(null, '', url)
  window.dispatchEvent(new Event(moved))
}

/**
 * For what takes a while and leads elsewhere at its end: who has left the page meanwhile stays where they are.
 *
 * @returns `goTo`, which does nothing once the element that asks for it is gone
 */
export function useGoTo(): typeof goTo {
  const isHere = useRef(true)
  useEffect(() => {
    isHere.current = true
    return () => {
      isHere.current = false
    }
  }, [])
  return (...where) => {
    if (isHere.current) goTo(...where)
  }
}

/** Where the page is now. */
export function usePlace(): Place {
  const [place, setPlace] = useState(() => readPlace(location.pathname))
  useEffect(() => {
    const read = () => {
      setPlace(readPlace(location.pathname))
      window.scrollTo(0, 0)
    }
    const events = ['popstate', moved]
    for (const event of events) window.addEventListener(event, read)
    return () => {
      for (const event of events) window.removeEventListener(event, read)
    }
  }, [])
  return place
}

interface LinkProps {
  to: Place
  class?: string
  'aria-current'?: 'page'
  title?: string
  /** What it is called where its text does not say it. */
  label?: string
  children: ComponentChildren
}

/** A link within the console. It opens in a new tab like any other, since it has a real address. */
export function Link({ to, label, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    goTo(to)
  }
  return (
    <a {...rest} aria-label={label} href={new URL(pathOf(to), serviceRoot).href} onClick={follow}>
      {children}
    </a>
  )
}
