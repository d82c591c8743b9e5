/** A map that forgets, beyond `sizeMax` entries, those that were set longest ago: what it keeps is a convenience, never needed for correctness. */
export class Recent<V> {
  readonly #entries = new Map<string, V>()
  readonly #sizeMax: number

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#sizeMax) this.#entries.delete(this.#entries.keys().next().value as string)
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  /** Reads an entry and forgets it. */
  take(key: string): V | undefined {
    const value = this.#entries.get(key)
    this.#entries.delete(key)
    return value
  }

  values(): V[] {
    return [...this.#entries.values()]
  }

  clear(): void {
    this.#entries.clear()
  }
}
