import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import uPlot from 'uplot'
import { listenForGestures, windowAfter } from './chart-gestures.ts'
import { isWhole, type Timespan } from './chart-window.ts'
import { type LineKey, linesOf, middleOf } from './course.ts'
import { numberText, percent, power } from './numbers.ts'
import { PageElement } from './page-element.ts'
import { dayAndTimeText } from './plant-clock.ts'
import { chargeOptions, type PlotLook, powerOptions } from './plot-options.ts'
import type { CoursePoint } from './questions.ts'
import { words } from './words.ts'

/** The height of the plot of the state of charge, by that of the powers. */
const CHARGE_HEIGHT = 0.34
const dark = matchMedia('(prefers-color-scheme: dark)')

/** The window that somebody zoomed or moved to. */
export class WindowEvent extends Event {
  readonly window: Timespan
  constructor(window: Timespan) {
    super('window')
    this.window = window
  }
}

/**
 * The course of powers, and below it that of the state of charge, drawn by uPlot. Buckets in which nothing was measured
 * stay open. Emits a `WindowEvent` when somebody zooms or moves.
 */
export class PowerChart extends PageElement {
  static override properties = {
    points: { attribute: false },
    window: { attribute: false },
    bounds: { attribute: false },
    timeZone: { attribute: false },
    label: { attribute: false },
    hasCharge: { attribute: false },
    off: { state: true },
    at: { state: true },
  }
  declare points: readonly CoursePoint[]
  declare window: Timespan
  declare bounds: Timespan
  declare timeZone: string
  declare label: string
  /** Whether the state of charge is drawn. */
  declare hasCharge: boolean
  /** Lines that somebody switched off. */
  declare off: ReadonlySet<LineKey>
  /** The point under the cursor. */
  declare at: number | undefined

  #plots: readonly uPlot[] = []
  #kinds = ''
  #resizing = new ResizeObserver(() => this.#resize())
  #stop = () => {}

  constructor() {
    super()
    this.off = new Set()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#resizing.observe(this)
    dark.addEventListener('change', this.#redraw)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#resizing.disconnect()
    dark.removeEventListener('change', this.#redraw)
    this.#stop()
    this.#destroy()
  }

  override render(): TemplateResult {
    const isAll = isWhole(this.window, this.bounds)
    const button = (key: string, name: string, text: string, isOff = false) =>
      html`<button type="button" title=${name} aria-label=${name} aria-disabled=${isOff ? 'true' : nothing}
        @click=${() => isOff || this.#press(key)}>${text}</button>`
    return html`
      <div class="chart-head">
        ${this.#renderLegend()}
        <div class="buttons" role="group" aria-label=${words.zoom}>
          ${button('ArrowLeft', words.moveLeft, '‹', isAll)}
          ${button('-', words.zoomOut, '−', isAll)}
          ${button('+', words.zoomIn, '+')}
          ${button('ArrowRight', words.moveRight, '›', isAll)}
          ${button('0', words.zoomAll, '⤢', isAll)}
        </div>
      </div>
      <div
        class="plots"
        tabindex="0"
        role="group"
        aria-label=${this.hasCharge ? words.chart(this.label) : words.chartOfPowers(this.label)}
        aria-describedby="chart-help"
      ></div>
      <p id="chart-help" class="quiet help">
        <span class="keys">${words.chartKeys}</span> <span class="touch">${words.chartTouch}</span>
      </p>
    `
  }

  #renderLegend(): TemplateResult {
    const point = this.at === undefined ? undefined : this.points[this.at]
    const time = point === undefined ? '' : dayAndTimeText(middleOf(point), this.timeZone)
    return html`<div class="legend" role="group" aria-label=${words.legend}>
      ${linesOf(this.points).map(({ key, kind }) => {
        const value = point?.[key]?.avg
        return html`<button type="button" class="line ${kind}" aria-pressed=${!this.off.has(key)}
          @click=${() => this.#toggle(key)}
        >${words.kinds[kind]}${point === undefined ? '' : html` <b>${numberText(power(value))}</b>`}</button>`
      })}
      ${
        this.hasCharge
          ? html`<span class="line soc">${words.kinds.soc}${
              point === undefined ? '' : html` <b>${numberText(percent(point.soc?.avg))}</b>`
            }</span>`
          : nothing
      }
      <span class="quiet time">${time}</span>
    </div>`
  }

  protected override updated(changed: PropertyValues): void {
    const shown = linesOf(this.points).map(({ key }) => key)
    const kinds = [shown, [...this.off], this.timeZone, this.hasCharge].join()
    if (kinds !== this.#kinds || this.#plots.length === 0) {
      this.#kinds = kinds
      this.#draw()
    } else if (changed.has('points') || changed.has('window')) {
      this.#fill()
    }
  }

  #toggle(key: LineKey): void {
    const off = new Set(this.off)
    if (!off.delete(key)) off.add(key)
    this.off = off
    this.requestUpdate()
  }

  #press(key: string): void {
    const next = windowAfter(key, this.#target)
    if (next !== undefined) this.#show(next)
  }

  #show(window: Timespan): void {
    this.dispatchEvent(new WindowEvent(window))
  }

  get #box(): HTMLElement | null {
    return this.querySelector('.plots')
  }

  get #target() {
    const chart = this
    return {
      get window() {
        return chart.window
      },
      get bounds() {
        return chart.bounds
      },
      plot() {
        const over = chart.#plots[0]?.over.getBoundingClientRect()
        return { left: over?.left ?? 0, width: over?.width || 1 }
      },
      show: (window: Timespan) => chart.#show(window),
    }
  }

  #destroy(): void {
    for (const plot of this.#plots) plot.destroy()
    this.#plots = []
  }

  #redraw = (): void => this.#draw()

  #draw(): void {
    const box = this.#box
    if (box === null || box.clientWidth === 0) return
    this.#destroy()
    const style = getComputedStyle(this)
    const [width, height] = this.#size
    const look: PlotLook = {
      color: (name) => style.getPropertyValue(`--${name}`).trim(),
      fontFamily: style.fontFamily,
      timeZone: this.timeZone,
      window: () => this.window,
      onCursor: (index) => {
        if (index === this.at) return
        this.at = index
        this.requestUpdate()
      },
      onSelect: (window) => this.#show(window),
    }
    const shown = linesOf(this.points).filter(({ key }) => !this.off.has(key))
    const kinds = shown.map(({ kind }) => kind)
    const powers = new uPlot({ ...powerOptions(look, kinds), width, height }, undefined, box)
    const charge = { ...chargeOptions(look), width, height: Math.round(height * CHARGE_HEIGHT) }
    this.#plots = this.hasCharge ? [powers, new uPlot(charge, undefined, box)] : [powers]
    this.#stop()
    this.#stop = listenForGestures(box, this.#target)
    this.#fill()
  }

  #fill(): void {
    const [powers, charge] = this.#plots
    const shown = linesOf(this.points).filter(({ key }) => !this.off.has(key))
    const times = this.points.map(middleOf)
    const lines = shown.map(({ key }) => this.points.map((point) => point[key]?.avg ?? null))
    powers?.setData([times, ...lines])
    charge?.setData([times, this.points.map(({ soc }) => soc?.avg ?? null)])
  }

  get #size(): [width: number, height: number] {
    const width = this.#box?.clientWidth ?? 600
    return [width, Math.round(Math.min(Math.max(width * 0.4, 220), innerHeight * 0.5))]
  }

  #resize(): void {
    if (this.#plots.length === 0) {
      this.#draw()
      return
    }
    const [width, height] = this.#size
    const [powers, charge] = this.#plots
    if (width === powers?.width && height === powers.height) return
    powers?.setSize({ width, height })
    charge?.setSize({ width, height: Math.round(height * CHARGE_HEIGHT) })
  }
}
