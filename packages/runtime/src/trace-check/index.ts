export { type StoredSpan, type TraceCheck, checkTraces } from './check.ts'
export { SpansUnreadable, readPhoenixSpans, readSpansFile } from './stored-spans.ts'
