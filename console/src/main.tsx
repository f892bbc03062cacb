import { render } from 'preact'
import { Console } from './shell/console.tsx'
import './style/colours.css'
import './style/page.css'
import './style/elements.css'
import './style/job.css'
import './style/setup.css'

const place = document.getElementById('console')
if (place) render(<Console />, place)
