import { html, nothing, type TemplateResult } from 'lit'
import { words } from './words.ts'

/** Why what is beside it is not there, or not the newest; nothing without an error. */
export function renderFailure(error: Error | undefined): TemplateResult | typeof nothing {
  return error === undefined ? nothing : html`<p class="banner">${words.failed(error.message)}</p>`
}
