import { sha256Hex } from './sha256.ts'

/** What an economy's event ids begin with; made once per economy. */
export const eventIdPrefix = (economyId: string): string => {
  const hash = sha256Hex(economyId)
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(12, 15)}-8${hash.slice(15, 18)}-`
}

/** UUIDv8 (RFC 9562) of an event: 78 bits of the economy id's hash, then the 48-bit sequence number. */
export const eventId = (prefix: string, seq: number): string => prefix + seq.toString(16).padStart(12, '0')

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)

/** ISO 8601 in UTC of milliseconds since the epoch (civil calendar from a day count, after Howard Hinnant's days algorithms). */
export function isoTime(atMs: number): string {
  if (atMs !== last.at_ms) last = { at_ms: atMs, text: civilTime(atMs) }
  return last.text
}

/** The last answer: the events of one step share their time. */
let last = { at_ms: -1, text: '' }

function civilTime(atMs: number): string {
  const dayCount = Math.floor(atMs / 86_400_000)
  const inDay = atMs - dayCount * 86_400_000
  const shifted = dayCount + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthIndex = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthIndex + 2) / 5) + 1
  const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const ms = inDay % 1000
  const s = Math.floor(inDay / 1000)
  const clock = `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}.${String(ms).padStart(3, '0')}`
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${clock}Z`
}
