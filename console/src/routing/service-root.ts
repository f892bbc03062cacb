/**
 * The root of the service, below whatever path a proxy has put it. The page's `<base>` says so when it is loaded; later
 * addresses of the page would read the same words in another way.
 */
export const serviceRoot = new URL('./', document.baseURI)

document.querySelector('base')?.setAttribute('href', serviceRoot.href)
