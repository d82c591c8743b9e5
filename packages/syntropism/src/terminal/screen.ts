import { emitKeypressEvents } from 'node:readline'

const plain = (): boolean => process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== ''
const paint = (code: string, text: string): string => (plain() ? text : `\u001B[${code}m${text}\u001B[0m`)
export const bold = (text: string): string => paint('1', text)
export const dim = (text: string): string => paint('2', text)

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Screen {
  /** Lines that fit the size. */
  lines(size: Size): readonly string[]
  /** A key as the terminal sends it. */
  onKey(key: string): void
}

/** Whether a person sits at this terminal. */
export const isTerminal = (): boolean => process.stdout.isTTY && process.stdin.isTTY

/** Second screen without cursor and without wrapping: a line that is wider than it was counted, by wide characters, is cut and moves no other. */
const TAKE = '\u001B[?1049h\u001B[?25l\u001B[?7l\u001B[2J'
const GIVE_BACK = '\u001B[?7h\u001B[?25h\u001B[?1049l'
const CODES = { SIGHUP: 129, SIGTERM: 143 } as const

/** Takes the whole terminal and draws again every `redrawMs`; the ordinary screen is back after `close`, and however the process ends by itself or by a signal. */
export function openScreen(screen: Screen, redrawMs: number): { close(): void } {
  const { stdin, stdout } = process
  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  const onKey = (_text: string | undefined, key: { sequence?: string }): void => {
    screen.onKey(key.sequence ?? '')
    draw()
  }
  const draw = (): void => {
    // A pseudo-terminal to which nobody gave a size says 0.
    const [columns, rows] = [stdout.columns || 100, stdout.rows || 40]
    const lines = screen.lines({ columns, rows }).slice(0, rows - 1)
    stdout.write(`\u001B[H${lines.map((line) => `${line}\u001B[K`).join('\n')}\u001B[J`)
  }
  stdin.on('keypress', onKey)
  stdout.on('resize', draw)
  const giveBack = (): void => {
    stdin.setRawMode(false)
    stdout.write(GIVE_BACK)
  }
  process.once('exit', giveBack)
  // Who handles signals itself ends the process in its own time.
  const ends = (Object.keys(CODES) as (keyof typeof CODES)[])
    .filter((signal) => process.listenerCount(signal) === 0)
    .map((signal) => [signal, () => process.exit(CODES[signal])] as const)
  for (const [signal, end] of ends) process.once(signal, end)
  stdout.write(TAKE)
  draw()
  const timer = setInterval(draw, redrawMs)
  return {
    close() {
      clearInterval(timer)
      stdin.removeListener('keypress', onKey)
      stdout.removeListener('resize', draw)
      process.removeListener('exit', giveBack)
      for (const [signal, end] of ends) process.removeListener(signal, end)
      giveBack()
      stdin.pause()
    },
  }
}
