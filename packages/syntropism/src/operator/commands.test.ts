import { describe, expect, it } from 'vitest'
import { changesOf } from './commands.ts'

describe('changes of rules on the command line', () => {
  it('are numbers, words, truth values or JSON, nested by their names', () => {
    expect(
      changesOf(['spawn_cost_micro=5', 'mechanism=density-sqrt', 'curves.cpu.high_ppm=700000', 'curves.cpu.kind="base-fee"', 'death_on_no_bid=true']),
    ).toEqual({
      curves: { cpu: { high_ppm: 700_000, kind: 'base-fee' } },
      death_on_no_bid: true,
      mechanism: 'density-sqrt',
      spawn_cost_micro: 5,
    })
  })

  it.each(['spawn_cost_micro', '=5', 'spawn cost=5'])('%s is no change, and the message shows one', (text) => {
    expect(() => changesOf([text])).toThrow('right would be spawn_cost_micro=50000000')
  })

  it('half a piece of JSON is refused with the name it was meant for', () => {
    expect(() => changesOf(['curves.cpu={"high_ppm"'])).toThrow('curves.cpu cannot be {"high_ppm"')
  })
})
