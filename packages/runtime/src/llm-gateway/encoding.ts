import { Readable, type Transform, pipeline } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { tooLarge } from './receive.ts'

const DECODERS: Readonly<Record<string, () => Transform>> = {
  br: createBrotliDecompress,
  deflate: createInflate,
  gzip: createGunzip,
  'x-gzip': createGunzip,
}

async function* limited(body: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > bytesMax) throw tooLarge(bytesMax)
    yield chunk
  }
}

/** A body as it was before it was packed, though nobody asked for that; null for a packing that is not known. However small, it unfolds to no more than `bytesMax`. */
export function unpacked(body: AsyncIterable<Uint8Array>, encoding: string | undefined, bytesMax: number): AsyncIterable<Uint8Array> | null {
  const name = encoding?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return body
  if (!Object.hasOwn(DECODERS, name)) return null
  const decoder = (DECODERS[name] as () => Transform)()
  // What breaks it off reaches the reader through the decoder.
  pipeline(Readable.from(body), decoder, () => undefined)
  return limited(decoder, bytesMax)
}
