export { LOG_LEVELS, Log } from './log.ts'
