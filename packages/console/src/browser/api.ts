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

/** Nobody answered at all. */
export class Silence extends Error {
  override readonly name = 'Silence'
}

/** What was asked for under a login that is over; who is told of a login's end has said so. */
export class LoginOver extends Error {
  override readonly name = 'LoginOver'
}

/** Why a login is over, where the service says so. */
export type LoginEnd = 'ended' | 'expired' | 'revoked'

let secret = ''
let told = (_why: LoginEnd | null): void => undefined
/** `listener` is told when the service no longer knows this login: it is over, or the economy was started again. */
export const onLoginEnd = (listener: typeof told): void => void (told = listener)
function loginEnded(why: LoginEnd | null): void {
  secret = ''
  told(why)
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const login = secret
  const answer = await fetch(path, {
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(method === 'GET' ? {} : { 'x-csrf-token': login }) },
    method,
  }).catch((error: unknown) => {
    throw new Silence('The economy does not answer.', { cause: error })
  })
  if (answer.status === 401 && login !== '') {
    if (secret === login) loginEnded(null)
    throw new LoginOver('The login is over.')
  }
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
/** Whether it is this page that ends the login. */
let isLeaving = false
export async function logOut(): Promise<Who> {
  isLeaving = true
  try {
    return remember(await ask<Who>('DELETE', '/session'))
  } finally {
    isLeaving = false
  }
}

/** Pause before a stream that the browser has given up is asked for again. */
const AGAIN_MS = 2000

/** Follows the event log after a sequence number. After a cut the browser comes back by itself, with the last id it saw; where it gives up, at an answer that is no stream, this asks again. */
export function follow(afterSeq: number, onEvent: (event: EconomyEvent) => void, onState: (open: boolean) => void): () => void {
  let last = afterSeq
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const open = (): void => {
    source = new EventSource(`/events/stream?after_seq=${last}`)
    source.addEventListener('open', () => onState(true))
    source.addEventListener('error', () => {
      onState(false)
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(again, AGAIN_MS)
    })
    source.addEventListener('login_over', (message: MessageEvent<string>) => {
      source.close()
      if (!isLeaving) loginEnded((JSON.parse(message.data) as { reason: LoginEnd }).reason)
    })
    source.addEventListener('message', (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as EconomyEvent
      last = event.seq
      onEvent(event)
    })
  }
  const again = (): void => {
    whoAmI().then(
      ({ role }) => {
        if (role === null) loginEnded(null)
        else open()
      },
      () => (timer = setTimeout(again, AGAIN_MS)),
    )
  }
  open()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}
