import { PageElement } from './page-element.ts'

/** The bar that somebody picked; undefined for none. */
export class PickEvent extends Event {
  readonly index: number | undefined
  constructor(index: number | undefined) {
    super('pick')
    this.index = index
  }
}

/** The space around bars, in pixels. */
export const AXIS_WIDTH = 68
export const LABEL_HEIGHT = 30
export const ROOM_OF_LABEL = 34

/**
 * A chart of bars by period, as wide as there is room, of which one can be picked by mouse, touch and keyboard. Emits a
 * `PickEvent`, and `open` for Enter.
 */
export class PickableBars<Bar> extends PageElement {
  static override properties = {
    periods: { attribute: false },
    names: { attribute: false },
    picked: { attribute: false },
    now: { attribute: false },
    label: { attribute: false },
    width: { state: true },
  }
  declare periods: readonly Bar[]
  /** What stands below each bar. */
  declare names: readonly string[]
  declare picked: number | undefined
  declare now: number
  declare label: string
  declare width: number
  #resizing = new ResizeObserver(() => {
    this.width = this.clientWidth
  })

  constructor() {
    super()
    this.width = 0
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#resizing.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#resizing.disconnect()
  }

  protected readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    const last = this.periods.length - 1
    const at = this.picked
    const next: Record<string, number | undefined> = {
      ArrowLeft: at === undefined ? last : Math.max(at - 1, 0),
      ArrowRight: at === undefined ? 0 : Math.min(at + 1, last),
      Home: 0,
      End: last,
      Escape: undefined,
    }
    if (event.key === 'Enter') this.dispatchEvent(new Event('open'))
    else if (event.key in next) this.dispatchEvent(new PickEvent(next[event.key]))
    else return
    event.preventDefault()
  }

  /** Picks a bar, or none if it was picked already. */
  protected pick(index: number): void {
    this.dispatchEvent(new PickEvent(index === this.picked ? undefined : index))
  }
}
