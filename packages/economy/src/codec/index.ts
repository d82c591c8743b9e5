export { canonicalJson, fingerprint53, type Json } from './canonical.ts'
export { eventId, eventIdPrefix, isoTime } from './identity.ts'
export { sha256Hex, utf8 } from './sha256.ts'
