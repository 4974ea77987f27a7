/** The same as the CommonJS package, so that both share one state: one registry of handlers, one class of errors. */

export * from './index.js'
