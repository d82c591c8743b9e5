import type { Operation } from './service.ts'

/** Fixed parts of the path and the method, for an operation that the taxonomy of tools does not name. */
const plainName = ({ method, path }: Operation): string =>
  [...path.split('/').filter((part) => part !== '' && !part.startsWith('{')), method].map((part) => part.replaceAll(/[^A-Za-z0-9_-]/g, '_')).join('.')

/** Each operation under one name, as a tool and as the document's `operationId`; of two with the same the one with the longer path says so. */
export function namesOf(operations: readonly Operation[]): Map<Operation, string> {
  const names = new Map<Operation, string>()
  const taken = new Set<string>()
  for (const operation of operations.toSorted((one, other) => one.path.length - other.path.length)) {
    const tool = typeof operation.tool === 'string' ? operation.tool : undefined
    const first = operation.name ?? tool ?? plainName(operation)
    const name = taken.has(first) ? `${first}.one` : first
    taken.add(name)
    names.set(operation, name)
  }
  return names
}
