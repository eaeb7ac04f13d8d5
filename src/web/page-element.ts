import { LitElement } from 'lit'

/** An element of the page. All share the style sheets of the page, so none has a shadow root. */
export abstract class PageElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this
  }
}
