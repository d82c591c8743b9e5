export { bookAt } from './book-at.ts'
export { type NewToken, type Paths, type ServiceFile, pathsOf, readHistory, readServiceFile } from './data-dir.ts'
export { type EventFilter, readEvents } from './events.ts'
export { type Live, type LiveOptions, startLive } from './live.ts'
