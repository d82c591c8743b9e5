import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** A folder that comes with the command line: inside its package once packed, at the top of the work tree before. */
export function shipped(name: 'agents' | 'scenarios'): string {
  const packed = resolve(import.meta.dirname, '..', name)
  return existsSync(packed) ? packed : resolve(import.meta.dirname, '../../..', name)
}
