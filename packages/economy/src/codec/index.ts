export { JSON_DEPTH_MAX, type Json, canonicalJson, fingerprint53, isDeeperThan } from './canonical.ts'
export { eventId, eventIdPrefix, isoTime } from './identity.ts'
export { sha256Hex, utf8 } from './sha256.ts'
