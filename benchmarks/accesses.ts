// How often numbers in typed arrays are read and written, counted one by one: whether a loop beside a program touches what the program touches.

type Numbers = Float64Array | Int32Array | Uint8Array | Uint32Array
const KINDS = ['Float64Array', 'Int32Array', 'Uint8Array', 'Uint32Array'] as const

export interface Accesses {
  reads: number
  writes: number
}

const isIndex = (key: string | symbol): boolean => typeof key === 'string' && /^\d+$/.test(key)

/** The array behind an object that counts: what goes through the object is counted, what it is made of is not. */
function counted(array: Numbers, counts: Accesses): Numbers {
  const object: Numbers = new Proxy(array, {
    get(target, key) {
      if (isIndex(key)) {
        counts.reads += 1
        return target[Number(key)]
      }
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function' || key === 'constructor') return value
      return (...args: number[]) => {
        const [, from = 0, end = target.length] = args
        if (key === 'fill') counts.writes += end - from
        if (key === 'slice') counts.reads += target.length
        if (key === 'copyWithin') {
          counts.reads += end - from
          counts.writes += end - from
        }
        const answer: unknown = value.apply(target, args)
        return answer === target ? object : ArrayBuffer.isView(answer) ? counted(answer as Numbers, counts) : answer
      }
    },
    set(target, key, value: number) {
      if (isIndex(key)) counts.writes += 1
      return Reflect.set(target, key, value, target)
    },
  })
  return object
}

/** Rounds before the counting, and rounds that are counted. */
const [WARM, COUNTED] = [8, 4]

/** Builds something whose typed arrays count, and says how often a round of it reads and writes them. What it keeps in objects is not counted. */
export function countAccesses(build: () => () => void): Accesses {
  const counts: Accesses = { reads: 0, writes: 0 }
  const kept = KINDS.map((name) => globalThis[name])
  for (const [index, name] of KINDS.entries()) {
    const plain = kept[index] as Float64ArrayConstructor
    Object.defineProperty(globalThis, name, {
      configurable: true,
      value: new Proxy(plain, {
        construct: (kind, args: [number]) => counted(new kind(...args), counts),
        get(kind, key) {
          const value: unknown = Reflect.get(kind, key)
          return typeof value === 'function' && (key === 'from' || key === 'of')
            ? (...args: unknown[]) => counted(value.apply(kind, args) as Numbers, counts)
            : value
        },
      }),
      writable: true,
    })
  }
  try {
    const run = build()
    for (let time = 0; time < WARM; time++) run()
    Object.assign(counts, { reads: 0, writes: 0 })
    for (let time = 0; time < COUNTED; time++) run()
    return { reads: counts.reads / COUNTED, writes: counts.writes / COUNTED }
  } finally {
    for (const [index, name] of KINDS.entries()) Object.defineProperty(globalThis, name, { configurable: true, value: kept[index], writable: true })
  }
}
