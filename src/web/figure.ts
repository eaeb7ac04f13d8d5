import { html, nothing, type TemplateResult } from 'lit'
import type { ShownNumber } from './numbers.ts'

/** A large number with its unit and what it is, for a `dl`. The exact value is in the machine's reach. */
export function figure(options: {
  name: string
  /** An amount of money is text. */
  value: number | string | null | undefined
  shown: ShownNumber
  /** The kind of energy, which gives the colour. */
  kind?: string
  help?: string
}): TemplateResult {
  const { name, value, shown, kind, help } = options
  return html`<div class="figure ${kind === undefined ? '' : `kind ${kind}`}">
    <dt title=${help ?? nothing}>${name}</dt>
    <dd><data value=${value ?? ''}>${shown.text}<small> ${shown.unit}</small></data></dd>
  </div>`
}
