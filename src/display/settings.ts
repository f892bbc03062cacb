/** The variables that say what a terminal can show: `NO_COLOR`, `TERM`, the locale. */
export function readTerminalSettings(environment: Record<string, string | undefined> = process.env) {
  const { NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG } = environment
  return { NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG }
}
