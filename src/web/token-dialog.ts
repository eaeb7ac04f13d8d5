import { html, nothing, type TemplateResult } from 'lit'
import type { Api, ConnectionState } from './api.ts'
import { PageElement } from './page-element.ts'
import { words } from './words.ts'

/** Asks for a token when the server refuses to go on without, or somebody wants to do more; says if it was wrong. */
export class TokenDialog extends PageElement {
  static override properties = {
    api: { attribute: false },
    isForAdmin: { state: true },
    isWrong: { state: true },
    isNeeded: { state: true },
  }
  declare api: Api
  declare isForAdmin: boolean
  declare isWrong: boolean
  /** Whether nothing can be read without a token. */
  declare isNeeded: boolean
  /** Whether the next connection that the server takes closes the dialog. */
  #isWaiting = false

  /** Opens it because somebody wants to do what needs a token. */
  open(isForAdmin: boolean): void {
    this.isForAdmin = isForAdmin
    this.isWrong = false
    this.#show()
  }

  /** To be called when the state of the connection may have changed. */
  watch(state: ConnectionState): void {
    if (state === 'refused') {
      this.isWrong = this.api.token !== null
      this.isNeeded = this.api.token === null
      this.#isWaiting = true
      this.#show()
    } else if (state === 'open' && this.#isWaiting) {
      this.isNeeded = false
      this.#isWaiting = false
      this.isWrong = false
      this.isForAdmin = false
      this.querySelector('dialog')?.close()
    }
  }

  #show(): void {
    const dialog = this.querySelector('dialog')
    if (dialog !== null && !dialog.open) dialog.showModal()
  }

  override render(): TemplateResult {
    const { token } = words
    return html`<dialog aria-labelledby="token-title" @cancel=${this.#onCancel}>
      <form method="dialog" @submit=${this.#onSubmit}>
        <h2 id="token-title">${token.title}</h2>
        <p>${this.isForAdmin ? token.whyAdmin : token.why}</p>
        <label for="token">${token.label}</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="off"
          required
          aria-invalid=${this.isWrong ? 'true' : nothing}
          aria-describedby="token-help"
        />
        <p id="token-help" class=${this.isWrong ? 'wrong' : 'quiet'} role="status">
          ${this.isWrong ? token.wrong : token.where}
        </p>
        <div class="buttons">
          ${this.isNeeded ? nothing : html`<button type="button" @click=${this.#cancel}>${token.cancel}</button>`}
          <button class="main">${token.use}</button>
        </div>
      </form>
    </dialog>`
  }

  #onCancel(event: Event): void {
    event.preventDefault()
    this.#cancel()
  }

  /** Goes on without the token that was refused. Without one that reading needs, the dialog comes back. */
  #cancel(): void {
    if (this.api.state !== 'refused') this.querySelector('dialog')?.close()
    else if (this.api.token !== null) this.api.token = null
    this.querySelector<HTMLElement>('#token')?.focus()
  }

  #onSubmit(event: Event): void {
    event.preventDefault()
    const input = this.querySelector<HTMLInputElement>('#token')
    const token = input?.value.trim() ?? ''
    if (input === null || token === '') return
    input.value = ''
    this.#isWaiting = true
    this.api.token = token
  }
}
