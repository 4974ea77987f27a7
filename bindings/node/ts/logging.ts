/** The library's log lines. */

import { debuglog } from 'node:util'

import { LogLevel } from './codes.js'
import { native } from './native.js'

/** Takes log lines; `console` is one. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/**
 * Sends the library's log lines to a logger; undefined = nowhere. The process has one logger: the last that was set, by
 * whatever language. Without this call the lines go to `util.debuglog('hmsffi')`, which `NODE_DEBUG=hmsffi` turns on.
 * @param level the least that is wanted.
 */
export function setLogger(logger: Logger | undefined, level: LogLevel = LogLevel.Info): void {
  if (!logger) return native.setLog(LogLevel.Default)
  native.setLog(level, (grade, target, message) => {
    const line = target ? `hmsffi ${target}: ${message}` : `hmsffi: ${message}`
    if (grade <= LogLevel.Debug) logger.debug(line)
    else if (grade === LogLevel.Info) logger.info(line)
    else if (grade === LogLevel.Warning) logger.warn(line)
    else logger.error(line)
  })
}

const log = debuglog('hmsffi')
if (log.enabled) {
  native.setLog(LogLevel.Debug, (level, target, message) => log('%s %s: %s', LogLevel[level], target, message))
}
