// What is asked of the model, and what is made of its answer: pure functions.

/** @param {{ resource: string, price_micro_per_s: number, floor_micro_per_s: number, utilisation_ppm: number }[]} resources */
export const question = (resources) =>
  `State in one sentence which resource is scarce. ${resources
    .map(
      (one) =>
        `${one.resource}: price ${(one.price_micro_per_s / 1e6).toFixed(2)}, floor ${(one.floor_micro_per_s / 1e6).toFixed(2)}, ${(one.utilisation_ppm / 1e4).toFixed(0)} percent sold`,
    )
    .join('; ')}.`

/** The first line that says something, not longer than a title; null when the model said nothing. */
export function titleFrom(completion) {
  const line = completion.split('\n').find((one) => one.trim() !== '')
  return line === undefined ? null : line.trim().slice(0, 120)
}

/** Without a model: the resource of which most is sold. */
export function rule(resources) {
  const [first] = resources.toSorted((one, other) => other.utilisation_ppm - one.utilisation_ppm)
  return first === undefined ? null : `${first.resource} is ${(first.utilisation_ppm / 1e4).toFixed(0)} % sold`
}
