import { render } from 'preact'
import { Boundary } from './shell/boundary.tsx'
import { Console } from './shell/console.tsx'
import './style/colours.css'
import './style/page.css'
import './style/elements.css'
import './style/job.css'
import './style/setup.css'

const place = document.getElementById('console')
// What stood there until the program came.
place?.replaceChildren()
if (place) {
  render(
    <Boundary>
      <Console />
    </Boundary>,
    place,
  )
}
