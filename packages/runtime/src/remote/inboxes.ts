import type { Msg, NatsConnection } from '@nats-io/transport-node'

/**
 * Whether a message wants its answer in an inbox, or none. Any other subject would have this process say, with its own rights, what its caller may not.
 * `_R_` is the server's own: it takes an answer back into another account, and no client may name it.
 */
const isForInbox = ({ reply }: Pick<Msg, 'reply'>): boolean => reply === undefined || reply === '' || /^(?:_INBOX[A-Za-z0-9_-]*|_R_)\./.test(reply)

/** The connection as those see it who answer on it: what does not want its answer in an inbox does not arrive. */
export function answeringInboxes(connection: NatsConnection): NatsConnection {
  const subscribe: NatsConnection['subscribe'] = (subject, options) => {
    const callback = options?.callback
    return connection.subscribe(subject, {
      ...options,
      ...(callback === undefined ? {} : { callback: (error, message) => void ((error !== null || isForInbox(message)) && callback(error, message)) }),
    })
  }
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'subscribe') return subscribe
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    },
  })
}
