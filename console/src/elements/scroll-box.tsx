import type { ComponentChildren, RefObject } from 'preact'

interface ScrollBoxProps {
  /** What is in it, for those who come by the keyboard. */
  label: string
  class: string
  box?: RefObject<HTMLElement | null>
  onScroll?: (box: HTMLElement) => void
  children: ComponentChildren
}

/** What may be wider or longer than its place. It takes the focus, so that the arrow keys can move it. */
export function ScrollBox({ label, box, onScroll, children, ...rest }: ScrollBoxProps) {
  return (
    <section
      {...rest}
      {...(box && { ref: box })}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
      tabIndex={0}
      onScroll={({ currentTarget }) => onScroll?.(currentTarget)}
    >
      {children}
    </section>
  )
}
