import { type ElementPart, nothing } from 'lit-html'
import { Directive, directive } from 'lit-html/directive.js'

/** Sets properties of an element's style one by one: the page's policy lets no style attribute in. */
class Styled extends Directive {
  #before: Readonly<Record<string, string>> = {}

  override render(_style: Readonly<Record<string, string>>): typeof nothing {
    return nothing
  }
  override update(part: ElementPart, [style]: [Readonly<Record<string, string>>]): typeof nothing {
    const element = part.element as HTMLElement
    for (const [name, value] of Object.entries(style)) if (this.#before[name] !== value) element.style.setProperty(name, value)
    this.#before = style
    return nothing
  }
}
export const styled = directive(Styled)
