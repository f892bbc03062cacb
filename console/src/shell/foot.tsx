import { ownZone } from '../words/times.ts'

/** What holds for every page. */
export function Foot() {
  return (
    <footer class="foot">
      Times without a zone are in {ownZone}, the zone of this browser. Hover over one to see it in UTC.
    </footer>
  )
}
