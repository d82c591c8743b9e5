export { LOG_LEVELS, Log, type LogLevel, type LogRecord } from './log.ts'
