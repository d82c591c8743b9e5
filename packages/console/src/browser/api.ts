import type { EconomyEvent } from '@syntropism/contract'

export interface Who {
  readonly csrf_token?: string
  readonly economy_id: string
  readonly name?: string
  /** Where traces can be looked at. */
  readonly phoenix_url?: string
  readonly role: 'human' | 'operator' | 'observer' | null
}

/** A "no" of the service, with its reason in words. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

let secret = ''

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(path, {
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(method === 'GET' ? {} : { 'x-csrf-token': secret }) },
    method,
  })
  const value = (await answer.json()) as { detail?: string; title?: string }
  if (!answer.ok) throw new Refusal(answer.status, value.detail ?? value.title ?? `status ${answer.status}`)
  return value as T
}

export const read = <T>(path: string): Promise<T> => ask<T>('GET', path)
export const send = <T = object>(path: string, body: object, method = 'POST'): Promise<T> => ask<T>(method, path, body)

function remember(who: Who): Who {
  secret = who.csrf_token ?? ''
  return who
}
export const whoAmI = async (): Promise<Who> => remember(await read<Who>('/session'))
export const logIn = async (token: string): Promise<Who> => remember(await send<Who>('/session', { token }))
export const logOut = async (): Promise<Who> => remember(await ask<Who>('DELETE', '/session'))

/** Follows the event log after a sequence number. The browser itself comes back after a cut, with the last id it saw. */
export function follow(afterSeq: number, onEvent: (event: EconomyEvent) => void, onState: (open: boolean) => void): () => void {
  const source = new EventSource(`/events/stream?after_seq=${afterSeq}`)
  source.addEventListener('open', () => onState(true))
  source.addEventListener('error', () => onState(false))
  source.addEventListener('message', (message: MessageEvent<string>) => onEvent(JSON.parse(message.data) as EconomyEvent))
  return () => source.close()
}
